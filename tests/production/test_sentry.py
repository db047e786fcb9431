"""Errors that are reported to Sentry contain no secret."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
from conftest import PRODUCTION, Site, run

# A page that fails, for a request that contains a secret everywhere. The secret comes from the environment, because
# reports contain lines of source code.
FAIL = """
import os
from config.wsgi import application
from django.test import RequestFactory
from pages import root_files

def fail(request):
    password = os.environ["HIDDEN"]
    raise RuntimeError(f"It failed after {len(password)} characters")

root_files.site_url = fail
hidden = os.environ["HIDDEN"]
headers = {"authorization": hidden, "cookie": f"a={hidden}", "referer": f"https://a/?b={hidden}"}
request = RequestFactory().get(f"/robots.txt?token={hidden}", secure=True, headers=headers)
application(request.environ | {"SERVER_NAME": "localhost"}, print)
import sentry_sdk
sentry_sdk.flush()
"""


class SentryHandler(BaseHTTPRequestHandler):
    received = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        SentryHandler.received += brotli.decompress(body).decode()
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_a_failure_is_reported_without_secrets(site: Site) -> None:
    with HTTPServer(("127.0.0.1", 0), SentryHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        dsn = f"http://key@127.0.0.1:{server.server_port}/1"
        environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "sqlite://:memory:"}
        environment |= PRODUCTION | {"HIDDEN": "s3cret", "SENTRY_DSN": dsn}
        failed = run(site.python, "-c", FAIL, cwd=site.path, **environment)
        server.shutdown()
    assert "It failed after 6 characters" in SentryHandler.received, failed.stderr
    assert "https://localhost/" in SentryHandler.received
    assert "s3cret" not in SentryHandler.received
