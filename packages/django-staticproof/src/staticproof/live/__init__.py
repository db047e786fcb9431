"""Show findings while one writes: in the terminal of `runserver`, and in a small panel on each page.

Add ``staticproof.live.LiveMiddleware`` to MIDDLEWARE, as the first one or directly below GZipMiddleware.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix

FOLDER = Path(__file__).parent
PREFIX = "/__staticproof__/"
logger = logging.getLogger("staticproof")
NONCE = re.compile(r"'nonce-([^']+)'")


class LiveMiddleware:
    """Watch the files of the site, add the panel to HTML pages, and answer the requests of the panel.

    Raises:
        MiddlewareNotUsed: without DEBUG, so that a production server never runs it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed("staticproof.live is for development.")
        from .watcher import watcher  # with the analysis, which production never imports

        self.get_response = get_response
        self.watcher = watcher()
        logging.getLogger("django.server").addFilter(_is_not_ours)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return self._answer(request)
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _is_page(request, response):
            try:
                self._add_panel(request, response)
            except Exception:  # the page counts more than the panel
                logger.exception("The panel of staticproof could not be added.")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        request.get_host()  # refuses the names of other sites: the answer has paths of this machine
        if request.path_info == f"{PREFIX}state.json":
            response: HttpResponse = JsonResponse(self.watcher.state(request.GET.get("page", "")))
        elif request.path_info == f"{PREFIX}panel.js":
            style = json.dumps((FOLDER / "panel.css").read_text(encoding="utf-8"))
            script = f"const STYLE = {style};\n{(FOLDER / 'panel.js').read_text(encoding='utf-8')}"
            response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
        else:
            return HttpResponseNotFound()
        response["Cache-Control"] = "no-store"
        return response

    def _add_panel(self, request: HttpRequest, response: HttpResponse) -> None:
        """Insert the script of the panel before the last `</body>`, unless the page's own policy blocks it."""
        content = response.content
        position = content.lower().rfind(b"</body>")
        if position < 0:
            return
        # A nonce, where the page has one, is valid under every policy that allows scripts of this page.
        nonce = NONCE.search(response.get("Content-Security-Policy", ""))
        source = f"{get_script_prefix()}{PREFIX[1:]}panel.js?{urlencode({'page': request.path})}"
        attribute = f' nonce="{nonce[1]}"' if nonce else ""
        tag = f'<script type="module" src="{source}"{attribute}></script>'.encode()
        if self.watcher.look_at_page(request.path, request.build_absolute_uri(), response, tag):
            response.content = content[:position] + tag + content[position:]
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))


def _is_page(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether a browser shows the response as a page, and the panel can be added to it."""
    asked, kind = request.headers, response.get("Content-Type", "").partition(";")[0].strip().lower()
    if asked.get("Sec-Fetch-Dest", "document") != "document" or asked.get("X-Requested-With") or "HX-Request" in asked:
        return False  # a frame, or a fragment for a script
    return kind == "text/html" and "Content-Encoding" not in response


def _is_not_ours(record: logging.LogRecord) -> bool:
    """Return whether `runserver` logs a request: not those of the panel, several each second."""
    return PREFIX not in record.getMessage()
