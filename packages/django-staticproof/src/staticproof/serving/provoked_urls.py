"""The root urlconf of a rehearsal: pages that fail on purpose, then the URLs of the site.

A request provokes each error page, so that it passes every middleware.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.urls import get_callable, path

from .error_pages import PREFIX, Provoked
from .production import SITE_URLCONF

try:
    from django.contrib.auth.decorators import login_not_required
except ImportError:  # Django has LoginRequiredMiddleware since 5.1

    def login_not_required(view_func: Any) -> Any:  # type: ignore[misc]  # the type stubs are for a later Django
        """Return the view as it is."""
        return view_func


@login_not_required
def fail(request: HttpRequest, error: type[Exception]) -> HttpResponse:
    """Raise the exception for an error page."""
    raise error("provoked by staticproof")


@login_not_required
def csrf_failure(request: HttpRequest) -> HttpResponse:
    """Return the same response as `CsrfViewMiddleware` for a refused form."""
    view: Callable[..., HttpResponse] = get_callable(settings.CSRF_FAILURE_VIEW)
    return view(request, reason=REASON_NO_CSRF_COOKIE)


_site = import_module(SITE_URLCONF)

urlpatterns = [
    path(f"{PREFIX}bad-request/", fail, {"error": BadRequest}),
    path(f"{PREFIX}forbidden/", fail, {"error": PermissionDenied}),
    path(f"{PREFIX}server-error/", fail, {"error": Provoked}),
    path(f"{PREFIX}csrf-failure/", csrf_failure),
    *_site.urlpatterns,
]
# Django looks up error handlers by name in the root urlconf.
for _handler in ("handler400", "handler403", "handler404", "handler500"):
    if hasattr(_site, _handler):
        globals()[_handler] = getattr(_site, _handler)
