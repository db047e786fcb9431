"""Errors that go to Sentry take no secret along."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli

from tests.test_settings import SAFE, run

# A page that fails, asked for by a visitor who sends a secret in every way there is. It comes from the environment, for
# lines of source are reported.
FAIL = """
import os
import pages.views
from django.test import RequestFactory
from config.wsgi import application

def fail():
    password = os.environ["HIDDEN"]
    raise RuntimeError(f"It failed after {len(password)} characters")

pages.views.last_proof = fail
hidden = os.environ["HIDDEN"]
headers = {"authorization": hidden, "cookie": f"a={hidden}", "referer": f"https://a/?b={hidden}"}
request = RequestFactory().get(f"/?token={hidden}", secure=True, headers=headers)
application(request.environ | {"SERVER_NAME": "example.com"}, print)
import sentry_sdk
sentry_sdk.flush()
"""


class Collector(HTTPServer):
    """Stands in for Sentry and keeps what it is sent."""

    def __init__(self) -> None:
        self.sent = b""
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Collector)
        assert self.headers["Content-Encoding"] == "br"
        self.server.sent += brotli.decompress(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """The terminal belongs to the test."""


def test_a_failure_is_reported_without_secrets() -> None:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        said = run("-c", FAIL, **SAFE, HIDDEN="s3cret", SENTRY_DSN=f"http://key@127.0.0.1:{collector.server_port}/1")
        collector.shutdown()
    sent = collector.sent.decode()
    assert "It failed after 6 characters" in sent, said.stderr
    assert "https://example.com/" in sent
    assert "s3cret" not in sent
