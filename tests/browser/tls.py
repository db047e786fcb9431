"""HTTPS in front of the site's gunicorn, as on a platform, because secure cookies and HSTS need it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Front:
    """A router that ends TLS. ``requests`` lists each request that reached it, as (method, path)."""

    port: int
    backend: int
    tls: ssl.SSLContext
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    front: Front

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the thread of the request, because a browser may open a connection and not use it.
        with contextlib.suppress(OSError), self.front.tls.wrap_socket(request, server_side=True) as connection:
            Handler(connection, client_address, self)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def forward(self) -> None:
        front = self.server.front
        front.requests.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = dict(self.headers.items()) | {"X-Forwarded-Proto": "https", "Connection": "close"}
        backend = http.client.HTTPConnection("127.0.0.1", front.backend, timeout=120)
        backend.request(self.command, self.path, body, headers)
        answer = backend.getresponse()
        content = answer.read()
        backend.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if answer.status != http.HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_HEAD = forward

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the site has a log."""


def certificate() -> tuple[ssl.SSLContext, str]:
    """Return a certificate for localhost and the hash of its key (SHA-256, base64) for Chromium's list of trust.

    Ignoring certificate errors is not enough: Chromium would then not use its cache.
    """
    issued = trustme.CA().issue_cert("localhost", "strange.localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    key = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return context, base64.b64encode(digest).decode()


@contextlib.contextmanager
def https(backend: int, context: ssl.SSLContext) -> Iterator[Front]:
    """Listen for HTTPS on a free port and forward each request to the port ``backend``."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.front = Front(server.server_address[1], backend, context)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.front
        server.shutdown()
