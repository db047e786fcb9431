"""The files that browsers, search engines and security researchers expect at fixed URLs."""

import datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.environment import EXAMPLE_DOMAIN
from core.context_processors import site_url

TEXT = "text/plain; charset=utf-8"


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def favicon(request: HttpRequest) -> FileResponse:
    """Return the icon for clients that do not read the page's links.

    It comes from the source folder, so it works before collectstatic has run.

    Raises:
        Http404: if the site has no icon.
    """
    found = finders.find("icons/favicon.ico")
    if found is None:
        raise Http404("static/icons/favicon.ico does not exist")
    return FileResponse(Path(found).open("rb"), content_type="image/x-icon")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Return robots.txt (RFC 9309): all crawlers are allowed if ``SITE_INDEXED`` is true."""
    context = {"indexed": settings.SITE_INDEXED, "sitemap": site_url(request) + reverse("pages:sitemap")}
    return cacheable(render(request, "robots.txt", context, content_type=TEXT))


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Return security.txt (RFC 9116): the contact for vulnerabilities. The required ``Expires`` is 30 days ahead."""
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    context = {
        "contact": "mailto:" + quote(settings.SITE_AUTHOR_EMAIL, safe="@"),
        "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "canonical": site_url(request) + request.path,
        "languages": settings.LANGUAGE_CODE,
    }
    return cacheable(render(request, "security.txt", context, content_type=TEXT))


@require_safe
@cache_control(public=True, max_age=60 * 60)
def webmanifest(request: HttpRequest) -> HttpResponse:
    """Return the web app manifest, with the hashed names of the icons."""
    return render(request, "site.webmanifest", content_type="application/manifest+json")


def cacheable(response: HttpResponse) -> HttpResponse:
    """Let caches store the response, unless it contains the host of the request, which a visitor chooses."""
    if settings.SITE_DOMAIN != EXAMPLE_DOMAIN:
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response
