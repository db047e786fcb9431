"""The shared cache, which may go away: a cache that is down costs speed, not the page."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds for a connection, and for an answer
PAUSE = 5.0  # seconds in which a cache that has failed is not asked again


class RedisCache(redis.RedisCache):
    """Django's cache on Redis. While Redis is away everything is a miss, at no cost: one log line, then a pause."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            # One more try, at once: platforms close connections that were idle for some minutes.
            "retry": Retry(NoBackoff(), 1),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params | {"OPTIONS": options})
        self._again_at = 0.0

    def ping(self) -> None:
        """Ask whether Redis is there.

        Raises:
            redis.exceptions.RedisError: when it is not.
        """
        self._cache.get_client(write=True).ping()

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._or(False, lambda: super(RedisCache, self).add(key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, lambda: super(RedisCache, self).get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._or(None, lambda: super(RedisCache, self).set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._or(False, lambda: super(RedisCache, self).touch(key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._or(False, lambda: super(RedisCache, self).delete(key, version))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return self._or({}, lambda: super(RedisCache, self).get_many(keys, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._or(False, lambda: super(RedisCache, self).has_key(key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raise ValueError for a key that is not there, as every cache does: so too while Redis is away."""
        counted = self._or(None, lambda: super(RedisCache, self).incr(key, delta, version))
        if counted is None:
            raise ValueError(f"Key '{key}' not found")
        return counted

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return self._or(list(data), lambda: super(RedisCache, self).set_many(data, timeout, version))

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        self._or(None, lambda: super(RedisCache, self).delete_many(keys, version))

    def clear(self) -> None:
        self._or(None, super().clear)

    def _or[T](self, missed: T, ask: Callable[[], T]) -> T:
        """The answer of Redis, or what a miss looks like."""
        if time.monotonic() < self._again_at:
            return missed
        try:
            return ask()
        except RedisError as error:
            self._again_at = time.monotonic() + PAUSE
            logger.warning("The cache does not answer; the site goes on without it: %s", error)
            return missed
