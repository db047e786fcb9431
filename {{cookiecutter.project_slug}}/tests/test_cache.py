"""A shared cache that is down costs speed, not the page. The site's template tests the rest with a real Redis."""

import logging
from typing import Any

import pytest
from redis.exceptions import RedisError

from config import cache as module
from config.cache import RedisCache


@pytest.fixture
def cache() -> RedisCache:
    return RedisCache("redis://127.0.0.1:1", {})  # a port on which nobody listens


def test_while_redis_is_away_everything_is_a_miss(cache: RedisCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    assert cache.get("key", "default") == "default"
    assert cache.add("key", 1) is False
    cache.set("key", 1)
    assert cache.touch("key") is False
    assert cache.delete("key") is False
    assert cache.get_many(["key"]) == {}
    assert cache.has_key("key") is False
    assert cache.set_many({"key": 1}) == ["key"]
    cache.delete_many(["key"])
    cache.clear()
    assert cache.get_or_set("key", lambda: "made anew") == "made anew"
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")


def test_redis_is_left_alone_for_a_while_and_asked_again_afterwards(
    cache: RedisCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [cache.get("key") for _ in range(3)] == [None, None, None]
    assert caplog.text.count("The cache does not answer") == 1
    cache._again_at = 0.0
    monkeypatch.setattr(cache, "_cache", InMemory())
    assert cache.incr("key") == 1


def test_whoever_wants_to_know_is_told(cache: RedisCache) -> None:
    with pytest.raises(RedisError):
        cache.ping()


class InMemory:
    """Stands in for a Redis that is back: a developer's machine has none."""

    def incr(self, key: Any, delta: int) -> int:
        return delta
