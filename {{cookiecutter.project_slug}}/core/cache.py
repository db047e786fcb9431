"""Django's Redis cache, which treats everything as a miss while Redis is down."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 1.0  # seconds, for a connection and for an answer
SECONDS_BETWEEN_TRIES = 5.0  # how long Redis is left alone after a failure


def or_miss(method: Callable[..., Any], miss: Any = None) -> Callable[..., Any]:
    """Return a method that returns ``miss`` while Redis is down. A failure is one line in the log and a pause."""

    @wraps(method)
    def wrapper(self: "RedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.next_try:
            try:
                return method(self, *args, **kwargs)
            except RedisError as error:
                self.next_try = time.monotonic() + SECONDS_BETWEEN_TRIES
                logger.warning("The cache does not answer. The site continues without it: %s", error)
        return miss(*args, **kwargs) if callable(miss) else miss

    return wrapper


class RedisCache(redis.RedisCache):
    """Pages work without Redis, only slower."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            # Platforms close connections that were idle for some minutes, so try once more at once.
            "retry": Retry(NoBackoff(), 1),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params | {"OPTIONS": options})
        self.next_try = 0.0

    add = or_miss(redis.RedisCache.add, miss=False)
    get = or_miss(redis.RedisCache.get, miss=lambda key, default=None, version=None: default)
    set = or_miss(redis.RedisCache.set)
    touch = or_miss(redis.RedisCache.touch, miss=False)
    delete = or_miss(redis.RedisCache.delete, miss=False)
    get_many = or_miss(redis.RedisCache.get_many, miss=lambda keys, version=None: {})
    has_key = or_miss(redis.RedisCache.has_key, miss=False)
    set_many = or_miss(redis.RedisCache.set_many, miss=lambda data, *args, **kwargs: list(data))
    delete_many = or_miss(redis.RedisCache.delete_many)
    clear = or_miss(redis.RedisCache.clear)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Raise ValueError if the key does not exist, as in every cache, or if Redis is down."""
        value: int | None = or_miss(redis.RedisCache.incr)(self, key, delta, version)
        if value is None:
            raise ValueError(f"Key '{key}' not found")
        return value

    def ping(self) -> None:
        """Raise redis.exceptions.RedisError if Redis does not answer."""
        super().get("core.cache.ping")
