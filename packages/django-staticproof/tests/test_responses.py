"""Check responses with static files (S6): a small server does everything right, or one thing wrong."""

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import brotli
import pytest

from staticproof.serving import responses
from staticproof.serving.clients import WsgiClient
from staticproof.serving.responses import Expected, full

CONTENT = b"body { color: #123456 }" * 20
URL = "https://localhost/static/site.0123456789ab.css"


class Server:
    """A small WSGI server for one stylesheet. It does everything right until a test changes one thing."""

    def __init__(self) -> None:
        self.headers = {
            "Content-Type": 'text/css; charset="utf-8"',
            "Cache-Control": "max-age=315360000, public, immutable",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        self.bodies = {"identity": CONTENT, "gzip": gzip.compress(CONTENT, mtime=0), "br": brotli.compress(CONTENT)}
        self.status = "200 OK"
        self.odd: dict[str, tuple[str, dict[str, str]]] = {}  # accepted encoding -> another status, other headers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # As WhiteNoise: the best of the accepted encodings.
        accepted = environ["HTTP_ACCEPT_ENCODING"].split(", ")
        coding = next((coding for coding in ("br", "gzip") if coding in accepted and coding in self.bodies), "identity")
        headers = dict(self.headers)
        if coding != "identity" and coding in self.bodies:
            headers["Content-Encoding"] = coding
        if coding in self.odd:
            status, others = self.odd[coding]
            headers.pop("Content-Encoding", None)
            start_response(status, list({**headers, **others}.items()))
            return [self.bodies[coding]]
        start_response(self.status, list(headers.items()))
        return [self.bodies.get(coding, CONTENT)]

    def faults(self, **expected: Any) -> list[str]:
        """Return the faults of the full check."""
        client = WsgiClient(self)
        identity = client.get(URL, {"Accept-Encoding": "identity"})
        return [fault.text for fault in full(client, Expected(URL, **expected), identity)]


@pytest.fixture
def stylesheet(tmp_path: Path) -> Path:
    """The collected file with its variants."""
    target = tmp_path / "site.0123456789ab.css"
    target.write_bytes(CONTENT)
    for suffix in (".gz", ".br"):
        (tmp_path / (target.name + suffix)).touch()
    return target


def test_a_correct_response_has_no_faults(stylesheet: Path) -> None:
    assert Server().faults(path=stylesheet) == []
    assert Server().faults() == []


@pytest.mark.parametrize(
    ("header", "value", "expected_text"),
    [
        ("Content-Type", "text/plain", "sent as text/plain, not as text/css"),
        ("Content-Type", "", "sent as nothing"),
        ("Cache-Control", "max-age=60, public", "`Cache-Control: max-age=60, public`"),
        ("Cache-Control", "max-age=60, immutable", "max-age=60"),
        ("Cache-Control", "max-age=315360000", "max-age=315360000"),
        ("Cache-Control", "", "(nothing)"),
        ("Vary", "Cookie", "without `Vary: Accept-Encoding`"),
        ("X-Content-Type-Options", "", "without `X-Content-Type-Options: nosniff`"),
    ],
)
def test_a_wrong_header_is_exactly_one_fault(stylesheet: Path, header: str, value: str, expected_text: str) -> None:
    server = Server()
    server.headers[header] = value
    (fault,) = server.faults(path=stylesheet)
    assert expected_text in fault


def test_a_file_that_is_not_served_is_exactly_one_fault() -> None:
    server = Server()
    server.status = "404 Not Found"
    assert server.faults() == ["answers 404, not 200."]


@pytest.mark.parametrize(
    ("coding", "body", "expected_text"),
    [
        ("gzip", gzip.compress(b"another file", mtime=0), "gzip encoding that does not decode to the file"),
        ("br", b"no brotli", "br encoding that does not decode to the file"),
    ],
)
def test_an_encoding_that_does_not_decode_to_the_file_is_a_fault(coding: str, body: bytes, expected_text: str) -> None:
    server = Server()
    server.bodies = {"identity": CONTENT, coding: body}
    (fault,) = server.faults()
    assert expected_text in fault


def test_a_variant_that_is_never_sent_is_a_fault(stylesheet: Path) -> None:
    server = Server()
    server.bodies = {"identity": CONTENT}
    assert server.faults(path=stylesheet) == ["has an encoded variant that is never sent."]


def test_other_bytes_than_the_collected_file_are_a_fault(stylesheet: Path) -> None:
    stylesheet.write_bytes(b"something else")
    assert Server().faults(path=stylesheet) == ["is served with other bytes than the collected file."]


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        (("500 Error", {}), "answers 500 to a browser, which accepts encodings."),
        (("200 OK", {"Content-Encoding": "zstd"}), "is sent as zstd, which was not accepted."),
        (("200 OK", {}), "is sent with other bytes to a browser, which accepts encodings."),
    ],
)
def test_a_wrong_response_to_a_browser_is_a_fault(odd: tuple[str, dict[str, str]], fault: str) -> None:
    server = Server()
    server.odd = {"br": odd}
    assert server.faults() == [fault]


def test_hashed_names_are_recognised() -> None:
    assert responses.HASHED.search("css/site.0123456789ab.css")
    assert not responses.HASHED.search("css/site.min.css")
    assert not responses.HASHED.search("css/deadbeef.css")
