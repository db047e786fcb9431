"""Rules of HTTP for files that are only read. Sections are those of RFC 9110: https://www.rfc-editor.org/rfc/rfc9110"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.utils.http import parse_http_date_safe

IDENTITY = "identity"
UNNAMED = 0.0001  # below every weight that a client can give: three digits after the point (12.4.2)
MEMBER = re.compile(r"\s*([^\s;,=]+)\s*(?:;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?\s*", re.IGNORECASE)
ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
BYTE_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """No byte of the file is in the range (14.1.2)."""


@lru_cache(maxsize=512)  # browsers send few different values
def preferred(accept_encoding: str, codings: tuple[str, ...]) -> str | None:
    """The content coding to send, one of ``codings``; None when the client takes none of them (12.5.3).

    The highest weight wins; of several, the one named in the header and first in ``codings``. Who says `*` alone takes
    anything, and gets the plain file: not every such client can decode.
    """
    weights = {name: float(weight) for name, weight in _members(accept_encoding)}
    rest = weights.get("*")

    def rank(coding: str) -> tuple[float, bool, int]:
        named = coding in weights
        weight = weights[coding] if named else rest
        if weight is None:
            weight = UNNAMED if coding == IDENTITY else 0
        return weight, named, -codings.index(coding) if named else coding == IDENTITY

    best = max(codings, key=rank)
    return best if rank(best)[0] else None


def _members(accept_encoding: str) -> Sequence[tuple[str, str]]:
    """Names in lower case and weights; a malformed member counts for nothing."""
    found = [MEMBER.fullmatch(member) for member in accept_encoding.split(",")]
    # `x-gzip` is another name of gzip (8.4.1.3).
    return [(match[1].lower().removeprefix("x-"), match[2] or "1") for match in found if match]


def failed(environ: Mapping[str, str], etag: str, modified: int | None) -> int | None:
    """The status that the request's preconditions lead to, 304 or 412; None when they hold or there are none (13.2.2).

    ``etag`` is that of the selected representation, a strong one; ``modified`` its date in seconds since the epoch.
    """
    if (tags := environ.get("HTTP_IF_MATCH")) is not None:
        if not _lists(tags, etag, weakly=False):
            return 412
    elif (date := _date(environ.get("HTTP_IF_UNMODIFIED_SINCE"))) is not None and modified and modified > date:
        return 412
    if (tags := environ.get("HTTP_IF_NONE_MATCH")) is not None:
        return 304 if _lists(tags, etag, weakly=True) else None
    date = _date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return 304 if date is not None and modified and modified <= date else None


def byte_range(environ: Mapping[str, str], size: int, etag: str, last_modified: str) -> tuple[int, int] | None:
    """The first byte to send and the one after the last; None to send all of the ``size`` bytes (14.2).

    What is no valid range, and several ranges at once, a server may ignore. With `If-Range`, the range counts only if
    the client has parts of this very representation (13.1.5): a strong tag or the exact date.

    Raises:
        UnsatisfiableError: for 416.
    """
    match = BYTE_RANGE.fullmatch(environ["HTTP_RANGE"].strip())
    if not match or not any(match.groups()) or not _same(environ.get("HTTP_IF_RANGE"), etag, last_modified):
        return None
    try:
        first, last = (int(digits) if digits else None for digits in match.groups())
    except ValueError:  # more digits than Python reads
        return None
    if first is None:
        if not last:
            raise UnsatisfiableError
        return (max(size - last, 0), size) if size else None
    if last is not None and last < first:
        return None
    if first >= size:
        raise UnsatisfiableError
    return first, size if last is None else min(last + 1, size)


def _lists(tags: str, etag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, has this one; ``weakly``: `W/` makes no difference (8.8.3.2)."""
    found = ENTITY_TAG.findall(tags)
    return tags.strip() == "*" or etag in found or (weakly and f"W/{etag}" in found)


def _same(validator: str | None, etag: str, last_modified: str) -> bool:
    """Whether `If-Range`, if there is one, is the strong tag or the date of the representation."""
    if validator is None:
        return True
    date = _date(validator)
    return date == _date(last_modified) if date is not None else bool(etag) and validator.strip() == etag


def _date(value: str | None) -> int | None:
    """Seconds since the epoch of any of the three forms of a date (5.6.7); None for what is no date."""
    return parse_http_date_safe(value) if value else None
