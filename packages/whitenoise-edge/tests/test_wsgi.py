"""`get_wsgi_application()` never prevents a site from starting."""

import logging
import subprocess
import sys
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from whitenoise_edge import wsgi
from whitenoise_edge.edge import StaticFilesEdge

from .collector import Collected
from .wsgi_client import ask


def test_the_edge_is_around_django(collected: Collected) -> None:
    edge = wsgi.get_wsgi_application()
    assert isinstance(edge, StaticFilesEdge)
    assert isinstance(edge.application, WSGIHandler)


@pytest.mark.parametrize("name", ["DEBUG", "WHITENOISE_AUTOREFRESH", "WHITENOISE_USE_FINDERS"])
def test_django_answers_all_requests_during_development(
    collected: Collected, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(**{name: True}):
        assert isinstance(wsgi.get_wsgi_application(), WSGIHandler)
    assert caplog.records == []


@pytest.mark.parametrize("fault", ["no STATIC_ROOT", "no manifest", "broken manifest", "broken edge"])
def test_django_answers_all_requests_where_the_edge_cannot(
    collected: Collected, fault: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {}
    if fault == "no STATIC_ROOT":
        settings = {"STATIC_ROOT": None}
    elif fault == "no manifest":
        settings = {"STORAGES": {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}}
        (collected.root / "staticfiles.json").unlink()
    elif fault == "broken manifest":
        settings = {"STORAGES": {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}}
        (collected.root / "staticfiles.json").write_text("{")
    else:
        monkeypatch.setattr(wsgi, "StaticFilesEdge", None)
    with override_settings(**settings):
        application = wsgi.get_wsgi_application()
        assert isinstance(application, WSGIHandler)
        assert ask(application, "/")[0] == "200 OK"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("whitenoise_edge", logging.WARNING)
    assert "answered by Django alone" in record.getMessage()


def test_without_whitenoises_middleware_django_answers(collected: Collected) -> None:
    with override_settings(MIDDLEWARE=[]):
        assert ask(wsgi.get_wsgi_application(), collected.stylesheet)[0] == "404 Not Found"


def test_the_edge_needs_nothing_but_the_standard_library() -> None:
    """It uses Django through WSGI only, so no version of Django or WhiteNoise can break it."""
    code = "import sys, whitenoise_edge.edge, whitenoise_edge.manifest; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"django", "whitenoise"}.isdisjoint(done.stdout.split())
