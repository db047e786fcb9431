"""Pages work while Redis is down. The tests of the template use a real Redis."""

import logging
import time

import pytest
from redis.exceptions import RedisError

from core import cache as module
from core.cache import RedisCache


@pytest.fixture
def cache() -> RedisCache:
    return RedisCache("redis://127.0.0.1:1", {})  # no server listens there


def test_everything_is_a_miss_while_redis_is_down(cache: RedisCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_TRIES", 0.0)
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
    assert cache.get_or_set("key", lambda: "computed") == "computed"
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")
    with pytest.raises(RedisError):
        cache.ping()


def test_redis_is_left_alone_for_a_while_after_a_failure(
    cache: RedisCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [cache.get("key") for _ in range(3)] == [None, None, None]
    assert caplog.text.count("The cache does not answer") == 1
    later = time.monotonic() + module.SECONDS_BETWEEN_TRIES
    monkeypatch.setattr(time, "monotonic", lambda: later)
    cache.get("key")
    assert caplog.text.count("The cache does not answer") == 2
