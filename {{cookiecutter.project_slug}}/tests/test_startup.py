"""A production server refuses to start without what it needs."""

import pytest

from config import settings
from config.startup import require_environment


def test_every_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECRET_KEY", "")
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", [])
    with pytest.raises(SystemExit, match=r"(?s)SECRET_KEY.*ALLOWED_HOSTS"):
        require_environment()


def test_nothing_is_said_when_nothing_is_missing() -> None:
    require_environment()
