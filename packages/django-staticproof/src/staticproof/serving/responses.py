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

SCRIPT = ("text/javascript", "application/javascript")
# Extension -> the types of IANA's registry, and older names that browsers accept. Browsers refuse another type, except
# for those in RECOGNISED. Other extensions may have any type, because browsers recognise these files by their content.
TYPES: dict[str, tuple[str, ...]] = {
    ".css": ("text/css",),
    ".js": SCRIPT,
    ".mjs": SCRIPT,
    ".wasm": ("application/wasm",),
    ".svg": ("image/svg+xml",),
    ".html": ("text/html",),
    ".json": ("application/json",),
    ".webmanifest": ("application/manifest+json", "application/json"),
}
RECOGNISED = {".json", ".webmanifest"}


@dataclass(frozen=True)
class Expected:
    """The known facts about a static file before the request: its URL and its collected file.

    The variants are next to the file. ``path`` is None for a deployed site. ``hashed`` is true when the name contains a
    hash of the content, so that the file never changes.
    """

    url: str
    path: Path | None = None
    hashed: bool = True


@dataclass(frozen=True)
class Fault:
    """A fault of a response: the rest of a sentence about the file, and a hint.

    It is an error when a browser gets a wrong file, or when every visit becomes slower.
    """

    text: str
    hint: str = ""
    level: Level = Level.ERROR


def plain(expected: Expected, response: Response) -> Iterator[Fault]:
    """Yield the faults of a response without an encoding: not served, wrong bytes, wrong headers."""
    if response.status != 200:
        yield Fault(f"answers {response.status}, not 200.", "Is WhiteNoise serving STATIC_ROOT under STATIC_URL?")
        return
    if response.headers.get("content-encoding", "identity") != "identity":
        yield Fault("is sent encoded to a client that accepts no encoding.")
    elif expected.path is not None and response.body != expected.path.read_bytes():
        yield Fault("is served with other bytes than the collected file.", "Does another file have the same URL?")
    suffix = Path(expected.url.partition("?")[0]).suffix.lower()
    wanted = TYPES.get(suffix, (response.content_type,))
    if response.content_type not in wanted:
        message = f"is sent as {response.content_type or 'nothing'}, not as {wanted[0]}."
        level = Level.WARNING if suffix in RECOGNISED else Level.ERROR
        yield Fault(message, "Name the type in WHITENOISE_MIMETYPES.", level)
    lifetime = response.headers.get("cache-control", "")
    # A name without a suffix (LICENSE) counts as hashed for the storage only. WhiteNoise needs a suffix.
    if expected.hashed and not HASH_AT_END.search(expected.url) and not _is_forever(lifetime):
        yield Fault(
            f"has a hash in its name but is sent with `Cache-Control: {lifetime or '(nothing)'}`.",
            "Serve hashed names with `Cache-Control: max-age=31536000, immutable`, as WhiteNoise does.",
        )
    if response.headers.get("x-content-type-options", "").lower() != "nosniff":
        hint = "Put WhiteNoise after SecurityMiddleware, or add the header in WHITENOISE_ADD_HEADERS_FUNCTION."
        yield Fault("is sent without `X-Content-Type-Options: nosniff`.", hint, Level.WARNING)


def full(client: Client, expected: Expected, response: Response) -> Iterator[Fault]:
    """Yield all faults: those of `plain`, and those of encodings, `Vary` and revalidation, with more requests.

    ``response`` is the one without an encoding.
    """
    yield from plain(expected, response)
    if response.status != 200:
        return
    answers = {coding: client.get(expected.url, {"Accept-Encoding": coding}) for coding in VARIANTS}
    for coding, answer in answers.items():
        yield from _variant(answer, response, coding, expected)
    encoded = any("content-encoding" in answer.headers for answer in answers.values())
    if encoded and not all(_varies(answer) for answer in (response, *answers.values())):
        yield Fault("has encoded variants but is sent without `Vary: Accept-Encoding`: a cache would mix them up.")
    yield from _revalidation(client, response, expected)


def _is_forever(cache_control: str) -> bool:
    parts = (directive.partition("=") for directive in cache_control.lower().split(","))
    directives = {name.strip(): argument.strip('" ') for name, _, argument in parts}
    seconds = directives.get("max-age", "")
    return "immutable" in directives and seconds.isdigit() and int(seconds) >= YEAR


def _variant(answer: Response, identity: Response, coding: str, expected: Expected) -> Iterator[Fault]:
    sent = answer.headers.get("content-encoding", "identity").lower()
    suffix, decode = VARIANTS[coding]
    if answer.status != 200:
        yield Fault(f"answers {answer.status} to a client that accepts {coding}.")
    elif sent == "identity":
        if answer.body != identity.body:
            yield Fault(f"is sent with other bytes to a client that accepts {coding}.")
        elif expected.path is not None and _pays(expected.path.with_name(expected.path.name + suffix), identity):
            yield Fault(f"has a {coding} variant that is never sent.", "Restart the server after collectstatic.")
    elif sent != coding:
        yield Fault(f"is sent as {sent} to a client that accepts {coding} only.")
    elif decode(answer.body) != identity.body:
        yield Fault(f"is sent with a {coding} encoding that does not decode to the file.", "Run collectstatic --clear.")


def _pays(variant: Path, identity: Response) -> bool:
    """Return whether a variant exists and is smaller than the file. A server need not send a larger one."""
    return variant.is_file() and variant.stat().st_size < len(identity.body)


def _varies(answer: Response) -> bool:
    names = {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}
    return not names.isdisjoint({"accept-encoding", "*"})


def _revalidation(client: Client, response: Response, expected: Expected) -> Iterator[Fault]:
    """Yield the faults of revalidation (RFC 9110, section 13). A browser that has the file must get 304."""
    validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    known = {condition: response.headers[name] for condition, name in validators.items() if name in response.headers}
    if not known:
        lacks = "is sent with neither `ETag` nor `Last-Modified`: it can never be revalidated."
        yield Fault(lacks, "", Level.WARNING)
    for condition, value in known.items():
        status = client.get(expected.url, {"Accept-Encoding": "identity", condition: value}).status
        if status != 304:
            message = f"answers {status}, not 304, to a browser that already has it (`{condition}`)."
            yield Fault(message, "", Level.WARNING)
