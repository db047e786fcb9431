"""What the first visitor would load is loaded before the workers are made: once, and shared by all of them."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.urls import reverse

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def warm_up(application: Application) -> list[str]:
    """Ask the application for two pages, one with a form.

    These pages have URLs, templates, translations and views loaded; in each worker they would take memory of its own.

    Returns:
        The status lines. Whatever they are, the server may start: Django has logged what went wrong.
    """
    return [_asked(application, path) for path in ("/", reverse("login"))]


def _asked(application: Application, path: str) -> str:
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": host, "wsgi.url_scheme": "https"}
    setup_testing_defaults(environ)
    answered: list[str] = []
    body = application(environ, lambda status, headers, *error: answered.append(status))
    try:
        b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    return answered[0]
