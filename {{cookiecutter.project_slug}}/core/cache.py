"""Django's Redis cache, which treats everything as a miss while Redis is down."""

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

TIMEOUT = 1.0  # seconds, for a connection and for an answer
SECONDS_BETWEEN_TRIES = 5.0  # how long Redis is left alone after a failure


class RedisCache(redis.RedisCache):
    """Pages work without Redis, only slower. A failure is one line in the log and a pause of some seconds."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            # Platforms close connections that were idle for some minutes, so try once more at once.
            "retry": Retry(NoBackoff(), 1),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params | {"OPTIONS": options})
        self._next_try = 0.0

    def ping(self) -> None:
        """Raise redis.exceptions.RedisError if Redis does not answer."""
        super().get("core.cache.ping")

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(lambda: super(RedisCache, self).add(key, value, timeout, version), otherwise=False)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(RedisCache, self).get(key, default, version), otherwise=default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._try(lambda: super(RedisCache, self).set(key, value, timeout, version), otherwise=None)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(lambda: super(RedisCache, self).touch(key, timeout, version), otherwise=False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._try(lambda: super(RedisCache, self).delete(key, version), otherwise=False)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return self._try(lambda: super(RedisCache, self).get_many(keys, version), otherwise={})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._try(lambda: super(RedisCache, self).has_key(key, version), otherwise=False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raise ValueError if the key does not exist, as every cache does, and while Redis is down."""
        value = self._try(lambda: super(RedisCache, self).incr(key, delta, version), otherwise=None)
        if value is None:
            raise ValueError(f"Key '{key}' not found")
        return value

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return self._try(lambda: super(RedisCache, self).set_many(data, timeout, version), otherwise=list(data))

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        self._try(lambda: super(RedisCache, self).delete_many(keys, version), otherwise=None)

    def clear(self) -> None:
        self._try(super().clear, otherwise=None)

    def _try[T](self, call: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < self._next_try:
            return otherwise
        try:
            return call()
        except RedisError as error:
            self._next_try = time.monotonic() + SECONDS_BETWEEN_TRIES
            logger.warning("The cache does not answer. The site continues without it: %s", error)
            return otherwise
