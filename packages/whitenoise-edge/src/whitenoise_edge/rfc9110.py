"""Rules of HTTP for static files. Section numbers are those of RFC 9110: https://www.rfc-editor.org/rfc/rfc9110"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache

IDENTITY = "identity"
UNNAMED = 0.0001  # below every weight that a client can send: a weight has three digits after the point (12.4.2)
MEMBER = re.compile(r"\s*([^\s;,=]+)\s*(?:;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?\s*", re.IGNORECASE)
ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
BYTE_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TIME = r"(?P<time>\d\d:\d\d:\d\d)"
DATES = [
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"[A-Z][a-z]{{2}}, (?P<day>\d\d) (?P<month>[A-Z][a-z]{{2}}) (?P<year>\d{{4}}) {TIME} GMT",
        rf"[A-Z][a-z]{{5,8}}, (?P<day>\d\d)-(?P<month>[A-Z][a-z]{{2}})-(?P<year>\d\d) {TIME} GMT",
        rf"[A-Z][a-z]{{2}} (?P<month>[A-Z][a-z]{{2}}) (?P<day>[ \d]\d) {TIME} (?P<year>\d{{4}})",
    )
]


class UnsatisfiableError(Exception):
    """The range contains no byte of the file (14.1.2)."""


@lru_cache(maxsize=512)  # browsers send few different values
def preferred_coding(accept_encoding: str, codings: tuple[str, ...]) -> str | None:
    """Return the content coding to send, one of ``codings``, or None when the client accepts none of them (12.5.3).

    The highest weight wins. Between equal weights, a coding that the header names wins, then the first in ``codings``.
    A bare `*` gets the plain file, because not every client that sends it can decode.
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


def failed_precondition(environ: Mapping[str, str], etag: str, modified: int | None) -> int | None:
    """Return 304 or 412, or None when the request's preconditions hold or there are none (13.2.2).

    ``etag`` and ``modified``, in seconds since the epoch, are those of the representation that would be sent.
    """
    if (tags := environ.get("HTTP_IF_MATCH")) is not None:
        if not _has_tag(tags, etag, weak=False):
            return 412
    elif (date := parse_date(environ.get("HTTP_IF_UNMODIFIED_SINCE"))) is not None and modified and modified > date:
        return 412
    if (tags := environ.get("HTTP_IF_NONE_MATCH")) is not None:
        return 304 if _has_tag(tags, etag, weak=True) else None
    date = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return 304 if date is not None and modified and modified <= date else None


def byte_range(environ: Mapping[str, str], size: int, etag: str, last_modified: str) -> tuple[int, int] | None:
    """Return the first byte to send and the one after the last, or None to send all of the ``size`` bytes (14.2).

    An invalid range and a list of ranges are ignored, as a server may do. With `If-Range`, the range counts only if the
    client has a part of this very representation (13.1.5): the validator is its strong tag or its exact date.

    Raises:
        UnsatisfiableError: the answer is 416.
    """
    match = BYTE_RANGE.fullmatch(environ["HTTP_RANGE"].strip())
    if not match or not any(match.groups()) or not _if_range_holds(environ.get("HTTP_IF_RANGE"), etag, last_modified):
        return None
    try:
        first, last = (int(digits) if digits else None for digits in match.groups())
    except ValueError:  # more digits than Python converts
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


def parse_date(value: str | None) -> int | None:
    """Return the seconds since the epoch of an HTTP date in any of its three forms (5.6.7), or None."""
    match = next(filter(None, (pattern.fullmatch(value) for pattern in DATES)), None) if value else None
    if match is None:
        return None
    year, now = int(match["year"]), datetime.now(timezone.utc).year
    if len(match["year"]) == 2:  # "more than 50 years in the future" is the past
        year += now // 100 * 100
        year -= 100 if year > now + 50 else 0
    try:
        clock = [int(part) for part in match["time"].split(":")]
        month = MONTHS.index(match["month"]) + 1
        return int(datetime(year, month, int(match["day"]), *clock, tzinfo=timezone.utc).timestamp())  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _members(accept_encoding: str) -> Sequence[tuple[str, str]]:
    """Return names in lower case with their weights. Malformed members are skipped."""
    found = [MEMBER.fullmatch(member) for member in accept_encoding.split(",")]
    # `x-gzip` is another name of gzip (8.4.1.3).
    return [(match[1].lower().removeprefix("x-"), match[2] or "1") for match in found if match]


def _has_tag(tags: str, etag: str, *, weak: bool) -> bool:
    """Return whether a list of entity tags, or `*`, contains this one, by weak or strong comparison (8.8.3.2)."""
    if tags.strip() == "*":
        return True
    found = ENTITY_TAG.findall(tags)
    if weak:
        return bool(etag) and etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in found}
    return etag in found and not etag.startswith("W/")


def _if_range_holds(validator: str | None, etag: str, last_modified: str) -> bool:
    """Return whether `If-Range`, if present, is the strong tag or the date of the representation."""
    if validator is None:
        return True
    date = parse_date(validator)
    if date is not None:
        return date == parse_date(last_modified)
    return bool(etag) and validator.strip() == etag and not etag.startswith("W/")
