"""The files that browsers, search engines and security researchers expect at fixed URLs."""

import datetime
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.environment import EXAMPLE_DOMAIN
from core.context_processors import site_url

TEXT = "text/plain; charset=utf-8"


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect clients that do not read the page's links to the icon."""
    return redirect(static("icons/favicon.ico"))


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
