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
    if expected.path is not None and response.body != expected.path.read_bytes():
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
    """Yield all faults: those of `plain`, and those of the response to a browser, which accepts encodings.

    ``response`` is the one without an encoding.
    """
    yield from plain(expected, response)
    if response.status != 200:
        return
    answer = client.get(expected.url, {"Accept-Encoding": ", ".join(VARIANTS)})
    coding = answer.headers.get("content-encoding", "identity").lower()
    if answer.status != 200:
        yield Fault(f"answers {answer.status} to a browser, which accepts encodings.")
    elif coding == "identity":
        if answer.body != response.body:
            yield Fault("is sent with other bytes to a browser, which accepts encodings.")
        elif expected.path is not None and any(_pays(expected.path, suffix) for suffix, _ in VARIANTS.values()):
            yield Fault("has an encoded variant that is never sent.", "Restart the server after collectstatic.")
    elif coding not in VARIANTS:
        yield Fault(f"is sent as {coding}, which was not accepted.")
    elif VARIANTS[coding][1](answer.body) != response.body:
        yield Fault(f"is sent with a {coding} encoding that does not decode to the file.", "Run collectstatic --clear.")
    elif not (_varies(response) and _varies(answer)):
        yield Fault("has encoded variants but is sent without `Vary: Accept-Encoding`: a cache would mix them up.")


def _is_forever(cache_control: str) -> bool:
    parts = (directive.partition("=") for directive in cache_control.lower().split(","))
    directives = {name.strip(): argument.strip('" ') for name, _, argument in parts}
    seconds = directives.get("max-age", "")
    return "immutable" in directives and seconds.isdigit() and int(seconds) >= YEAR


def _pays(file: Path, suffix: str) -> bool:
    """Return whether a variant exists and is smaller than the file. A server need not send a larger one."""
    variant = file.with_name(file.name + suffix)
    return variant.is_file() and variant.stat().st_size < file.stat().st_size


def _varies(answer: Response) -> bool:
    names = {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}
    return not names.isdisjoint({"accept-encoding", "*"})
