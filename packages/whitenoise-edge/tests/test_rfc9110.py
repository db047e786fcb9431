"""The rules of HTTP for static files, each next to the words of RFC 9110 that require it."""

import pytest

from whitenoise_edge.rfc9110 import UnsatisfiableError, byte_range, failed_precondition, preferred_coding

CODINGS = ("br", "gzip", "identity")  # the smallest first
ETAG = '"5f-1-br"'
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
SECONDS = 784111777


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        # 12.5.3: "If no Accept-Encoding header field is in the request, any content coding is considered acceptable"
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        # 12.5.3: "A qvalue of 0 means 'not acceptable'"
        ("gzip;q=0", "identity"),
        ("br;q=0, gzip", "gzip"),
        ("gzip ; Q=0.000 , br;q=0", "identity"),
        # 12.5.3: "the acceptable content coding with the highest non-zero qvalue is preferred"
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("gzip;q=0.001", "gzip"),
        # 12.5.3: "The asterisk '*' symbol matches any available content coding not explicitly listed"
        ("*", "identity"),
        ("gzip, *", "gzip"),
        ("gzip;q=0, *;q=0.5", "identity"),
        ("identity;q=0, *", "br"),
        ("gzip, *;q=0", "gzip"),
        # 12.5.3: identity is excluded "by the Accept-Encoding field stating either 'identity;q=0' or '*;q=0'"
        ("identity;q=0, gzip;q=0.2", "gzip"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("*;q=0, identity;q=0.1", "identity"),
        # 8.4.1: "All content codings are case-insensitive"; 8.4.1.3: "x-gzip" is "equivalent to 'gzip'"
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        # A name that only begins like a coding is another one; what is malformed counts for nothing.
        ("br-next, gzipped", "identity"),
        ("gzip;q=2, br;q=, ;;;, gzip;level=9", "identity"),
    ],
)
def test_the_coding_that_the_client_prefers_is_sent(accepted: str, coding: str | None) -> None:
    assert preferred_coding(accepted, CODINGS) == coding


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        # 13.1.2: "A recipient MUST use the weak comparison function when comparing entity tags for If-None-Match"
        ("IF_NONE_MATCH", ETAG, 304),
        ("IF_NONE_MATCH", f"W/{ETAG}", 304),
        ("IF_NONE_MATCH", f'"a", W/"b,c" ,{ETAG}', 304),
        ("IF_NONE_MATCH", " * ", 304),
        ("IF_NONE_MATCH", '"5f-1"', None),  # of another coding
        ("IF_NONE_MATCH", ETAG.strip('"'), None),
        ("IF_NONE_MATCH", "", None),
        # 13.1.1: "An origin server MUST use the strong comparison function when comparing entity tags for If-Match"
        ("IF_MATCH", ETAG, None),
        ("IF_MATCH", "*", None),
        ("IF_MATCH", f'"a", {ETAG}', None),
        ("IF_MATCH", f"W/{ETAG}", 412),
        ("IF_MATCH", '"a"', 412),
        # 13.1.3: modified "after the date"; in any of the three forms of 5.6.7
        ("IF_MODIFIED_SINCE", DATE, 304),
        ("IF_MODIFIED_SINCE", "Sunday, 06-Nov-94 08:49:37 GMT", 304),
        ("IF_MODIFIED_SINCE", "Sun Nov  6 08:49:37 1994", 304),
        ("IF_MODIFIED_SINCE", "Sun, 06 Nov 1994 08:49:38 GMT", 304),
        ("IF_MODIFIED_SINCE", "Sun, 06 Nov 1994 08:49:36 GMT", None),
        # 13.1.3: "MUST ignore the If-Modified-Since header field if the received field value is not a valid HTTP-date"
        ("IF_MODIFIED_SINCE", "yesterday", None),
        # 13.1.4: "evaluate to false" when modified after the date
        ("IF_UNMODIFIED_SINCE", DATE, None),
        ("IF_UNMODIFIED_SINCE", "Sun, 06 Nov 1994 08:49:36 GMT", 412),
        ("IF_UNMODIFIED_SINCE", "yesterday", None),
    ],
)
def test_a_precondition_decides(header: str, value: str, status: int | None) -> None:
    assert failed_precondition({f"HTTP_{header}": value}, ETAG, SECONDS) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        # 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field"
        ({"IF_NONE_MATCH": '"other"', "IF_MODIFIED_SINCE": DATE}, None),
        # 13.1.4: the same of If-Unmodified-Since and If-Match
        ({"IF_MATCH": ETAG, "IF_UNMODIFIED_SINCE": "Sun, 06 Nov 1994 08:49:36 GMT"}, None),
        # 13.2.2: If-Match is evaluated before If-None-Match
        ({"IF_MATCH": '"other"', "IF_NONE_MATCH": ETAG}, 412),
        ({"IF_MATCH": ETAG, "IF_NONE_MATCH": ETAG}, 304),
    ],
)
def test_preconditions_have_an_order(headers: dict[str, str], status: int | None) -> None:
    assert failed_precondition({f"HTTP_{name}": value for name, value in headers.items()}, ETAG, SECONDS) == status


def test_a_file_without_a_date_is_never_unmodified() -> None:
    """13.1.3: the field is ignored "if the resource does not have a modification date available"."""
    assert failed_precondition({"HTTP_IF_MODIFIED_SINCE": DATE}, "", None) is None
    assert failed_precondition({"HTTP_IF_UNMODIFIED_SINCE": DATE}, "", None) is None


@pytest.mark.parametrize(
    ("value", "span"),
    [
        # 14.1.2: "The first-pos value ... gives the offset of the first byte", "byte positions ... are inclusive"
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, 1000)),
        ("bytes=999-999", (999, 1000)),
        # 14.1.2: a last-pos beyond the end "is interpreted as the remainder of the representation"
        ("bytes=990-5000", (990, 1000)),
        # 14.1.2: "a client can request the last N bytes"; "the entire representation is used" where it is shorter
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        # 14.1: "range units are case-insensitive"
        ("Bytes=0-0", (0, 1)),
        # 14.2: "MUST ignore a Range header field that contains a range unit it does not understand"
        ("lines=0-1", None),
        # 14.1.1: "invalid if the last-pos value is present and less than first-pos"; 14.2: MAY ignore what is invalid
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=--1", None),
        ("bytes=1", None),
        ("bytes=\u0661-", None),
        (f"bytes={'9' * 5000}-", None),
        # 14.2: "A server ... MAY ignore the Range header field"; several ranges are not worth their own format here
        ("bytes=0-1,5-6", None),
        ("bytes=0-0,0-0,0-0,0-0", None),
    ],
)
def test_a_range_is_a_part_of_the_file(value: str, span: tuple[int, int] | None) -> None:
    assert byte_range({"HTTP_RANGE": value}, 1000, ETAG, DATE) == span


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_beyond_the_file_cannot_be_satisfied(value: str) -> None:
    """14.1.2: satisfiable if first-pos "is less than the current length" or suffix-length is "non-zero"."""
    with pytest.raises(UnsatisfiableError):
        byte_range({"HTTP_RANGE": value}, 1000, ETAG, DATE)


def test_an_empty_file_has_no_range() -> None:
    assert byte_range({"HTTP_RANGE": "bytes=-1"}, 0, ETAG, DATE) is None
    with pytest.raises(UnsatisfiableError):
        byte_range({"HTTP_RANGE": "bytes=0-"}, 0, ETAG, DATE)


@pytest.mark.parametrize(
    ("validator", "applies"),
    [
        (ETAG, True),
        (DATE, True),
        # 13.1.5: "A recipient ... MUST use the strong comparison function"; a date must be "an exact match"
        (f"W/{ETAG}", False),
        ('"other"', False),
        ("Sun, 06 Nov 1994 08:49:38 GMT", False),
        ("Sunday, 06-Nov-94 08:49:37 GMT", True),
        ("*", False),
        ("", False),
    ],
)
def test_if_range_asks_for_the_same_representation(validator: str, applies: bool) -> None:
    """13.1.5: "if the validator does not match, the recipient MUST ignore the Range header field"."""
    environ = {"HTTP_RANGE": "bytes=0-0", "HTTP_IF_RANGE": validator}
    assert byte_range(environ, 1000, ETAG, DATE) == ((0, 1) if applies else None)
    assert byte_range(environ | {"HTTP_IF_RANGE": ""}, 1000, "", "") is None
