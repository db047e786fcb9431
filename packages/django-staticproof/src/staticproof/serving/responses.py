"""The requirements for every response with a static file (rule S6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..findings import Level
from .clients import Client, Response
from .collect import VARIANTS

YEAR = 31_536_000  # seconds; the maximum in RFC 2616, section 14.21, which caches treat as "forever"
HASHED = re.compile(r"\.[0-9a-f]{8,64}(?=\.|$)")  # Django puts 12 hexadecimal digits before the suffix
HASH_AT_END = re.compile(r"\.[0-9a-f]{12}$")

# The types of IANA's registry, and older names that browsers accept. Other extensions may have any type, because the
# tables of operating systems differ and browsers recognise most files by their content.
TYPES: dict[str, tuple[str, ...]] = {
    ".css": ("text/css",),
    ".js": ("text/javascript", "application/javascript"),
    ".mjs": ("text/javascript", "application/javascript"),
    ".json": ("application/json",),
    ".webmanifest": ("application/manifest+json", "application/json"),
    ".wasm": ("application/wasm",),
    ".svg": ("image/svg+xml",),
    ".png": ("image/png",),
    ".jpg": ("image/jpeg",),
    ".jpeg": ("image/jpeg",),
    ".gif": ("image/gif",),
    ".webp": ("image/webp",),
    ".avif": ("image/avif",),
    ".ico": ("image/x-icon", "image/vnd.microsoft.icon"),
    ".woff": ("font/woff", "application/font-woff"),
    ".woff2": ("font/woff2",),
    ".mp4": ("video/mp4",),
    ".webm": ("video/webm",),
    ".pdf": ("application/pdf",),
    ".txt": ("text/plain",),
    ".html": ("text/html",),
    ".xml": ("text/xml", "application/xml"),
}
IMMUTABLE_HINT = "Serve hashed names with `Cache-Control: max-age=31536000, immutable`, as WhiteNoise does."
TYPE_HINT = "Name the type in WHITENOISE_MIMETYPES."


@dataclass(frozen=True)
class Expected:
    """The known facts about a static file before the request: its URL and its collected file.

    The variants are next to the file. ``path`` is None for a deployed site. ``hashed`` is true when the name contains a
    hash of the content, so that the file never changes.
    """

    url: str
    path: Path | None = None
    hashed: bool = True


class Headers:
    """Look up headers of responses, and count the lookups."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, response: Response, name: str, default: str = "") -> str:
        """Return the value of a header by its lower-case name."""
        self.count += 1
        return response.headers.get(name, default)


Fault = tuple[str, str]  # the rest of a sentence about the file, and a hint
NOSNIFF = "is sent without `X-Content-Type-Options: nosniff`."
NOT_304 = ", not 304, to a browser that already has it"
NO_VALIDATOR = "is sent with neither `ETag` nor `Last-Modified`: it can never be revalidated."


def level_of(fault: str) -> Level:
    """Return the level of a fault. It is an error when a browser gets a wrong file or every visit becomes slower."""
    return Level.WARNING if fault in {NOSNIFF, NO_VALIDATOR} or NOT_304 in fault else Level.ERROR


def plain(client: Client, expected: Expected, header: Headers) -> Iterator[Fault]:
    """Yield the faults that one request can find: not served, wrong bytes, wrong headers."""
    yield from _identity(client.get(expected.url, {"Accept-Encoding": "identity"}), expected, header)


def full(client: Client, expected: Expected, header: Headers) -> Iterator[Fault]:
    """Yield all faults: those of `plain`, and those of encodings, `Vary` and revalidation."""
    response = client.get(expected.url, {"Accept-Encoding": "identity"})
    yield from _identity(response, expected, header)
    if response.status != 200:
        return
    answers = {coding: client.get(expected.url, {"Accept-Encoding": coding}) for coding in VARIANTS}
    for coding, answer in answers.items():
        yield from _variant(answer, response, coding, expected, header)
    encoded = any("content-encoding" in answer.headers for answer in answers.values())
    if encoded and not all(_varies(header(answer, "vary")) for answer in (response, *answers.values())):
        yield "has encoded variants but is sent without `Vary: Accept-Encoding`: a cache would mix them up.", ""
    yield from _revalidation(client, response, expected, header)


def _identity(response: Response, expected: Expected, header: Headers) -> Iterator[Fault]:
    if response.status != 200:
        yield f"answers {response.status}, not 200.", "Is WhiteNoise serving STATIC_ROOT under STATIC_URL?"
        return
    if header(response, "content-encoding", "identity") != "identity":
        yield "is sent encoded to a client that accepts no encoding.", ""
    elif expected.path is not None and response.body != expected.path.read_bytes():
        yield "is served with other bytes than the collected file.", "Does another file have the same URL?"
    yield from _type(header(response, "content-type"), expected)
    if expected.hashed and not HASH_AT_END.search(expected.url):  # WhiteNoise needs a suffix; LICENSE has none
        yield from _lifetime(header(response, "cache-control"))
    if header(response, "x-content-type-options").lower() != "nosniff":
        yield (
            NOSNIFF,
            "Put WhiteNoise after SecurityMiddleware, or add the header in WHITENOISE_ADD_HEADERS_FUNCTION.",
        )


def _type(value: str, expected: Expected) -> Iterator[Fault]:
    wanted = TYPES.get(Path(expected.url.partition("?")[0]).suffix.lower())
    media_type = value.partition(";")[0].strip().lower()
    if wanted and media_type not in wanted:
        yield f"is sent as {media_type or 'nothing'}, not as {wanted[0]}.", TYPE_HINT


def _lifetime(value: str) -> Iterator[Fault]:
    directives = {
        name.strip().lower(): argument.strip('" ')
        for name, _, argument in (directive.partition("=") for directive in value.split(","))
    }
    seconds = directives.get("max-age", "")
    if "immutable" not in directives or not seconds.isdigit() or int(seconds) < YEAR:
        yield f"has a hash in its name but is sent with `Cache-Control: {value or '(nothing)'}`.", IMMUTABLE_HINT


def _variant(answer: Response, identity: Response, coding: str, expected: Expected, header: Headers) -> Iterator[Fault]:
    if answer.status != 200:
        yield f"answers {answer.status} to a client that accepts {coding}.", ""
        return
    sent = header(answer, "content-encoding", "identity").lower()
    suffix, decode = VARIANTS[coding]
    if sent == "identity":
        if answer.body != identity.body:
            yield f"is sent with other bytes to a client that accepts {coding}.", ""
        elif expected.path is not None and _pays(expected.path.with_name(expected.path.name + suffix), identity):
            yield f"has a {coding} variant that is never sent.", "Restart the server after collectstatic."
    elif sent != coding:
        yield f"is sent as {sent} to a client that accepts {coding} only.", ""
    else:
        try:
            same = decode(answer.body) == identity.body
        except ValueError:
            same = False
        if not same:
            yield f"is sent with a {coding} encoding that does not decode to the file.", "Run collectstatic --clear."


def _pays(variant: Path, identity: Response) -> bool:
    """Return whether a variant exists and is smaller than the file. A server need not send a larger one."""
    return variant.is_file() and variant.stat().st_size < len(identity.body)


def _varies(value: str) -> bool:
    names = {name.strip().lower() for name in value.split(",")}
    return not names.isdisjoint({"accept-encoding", "*"})


def _revalidation(client: Client, response: Response, expected: Expected, header: Headers) -> Iterator[Fault]:
    """Yield the faults of revalidation (RFC 9110, section 13). A browser that has the file must get 304."""
    validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    known = {condition: header(response, name) for condition, name in validators.items() if name in response.headers}
    if not known:
        yield NO_VALIDATOR, ""
    for condition, value in known.items():
        again = client.get(expected.url, {"Accept-Encoding": "identity", condition: value})
        if again.status != 304:
            yield f"answers {again.status}{NOT_304} (`{condition}`).", ""
