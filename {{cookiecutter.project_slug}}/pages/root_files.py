"""The files that browsers, crawlers and security researchers ask for by a fixed name at the root of the host."""

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

TEXT = "text/plain; charset=utf-8"


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def favicon(request: HttpRequest) -> FileResponse:
    """For clients that do not read the page's links to its icons.

    Read from the source folder, under its plain name: it answers before collectstatic has run, too.

    Raises:
        Http404: if the site has no such icon.
    """
    found = finders.find("icons/favicon.ico")
    if found is None:
        raise Http404("static/icons/favicon.ico does not exist")
    return FileResponse(Path(found).open("rb"), content_type="image/x-icon")


@require_safe
@cache_control(public=True, max_age=60 * 60)
def robots(request: HttpRequest) -> HttpResponse:
    """RFC 9309: every crawler is welcome where ``SITE_INDEXED`` is true, and none elsewhere."""
    context = {"indexed": settings.SITE_INDEXED, "sitemap": request.build_absolute_uri(reverse("pages:sitemap"))}
    return render(request, "robots.txt", context, content_type=TEXT)


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell of a vulnerability. ``Expires``, which must be there, is always a month ahead."""
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    context = {
        "contact": "mailto:" + quote(settings.SITE_AUTHOR_EMAIL, safe="@"),
        "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "canonical": request.build_absolute_uri(),
        "languages": ", ".join(code for code, _ in settings.LANGUAGES),
    }
    return render(request, "security.txt", context, content_type=TEXT)


@require_safe
@cache_control(public=True, max_age=60 * 60)
def webmanifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, with the hashed names of the icons."""
    return render(request, "site.webmanifest", content_type="application/manifest+json")
