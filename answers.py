"""What each question allows, and what the site is given of the answer.

Free text is free: it is refused only where no file could carry it. The other questions have a shape of their own.
Every way into the template (typed, `--no-input`, `--replay`, `--config-file`, cruft, pytest-cookies) comes through
`faults` and `derived`; `answers_extension.py` is what joins them to Jinja.

Runs in Cookiecutter's interpreter: Python 3.10 or newer, and only what Cookiecutter itself depends on.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping

import idna
from slugify import slugify

# What package indexes take as a summary (PyPI: 512); more is no longer a name or a sentence.
LONGEST_TEXT = 512
# Windows allows 260 characters for a whole path, and a virtual environment inside the folder needs about 180 of them.
LONGEST_SLUG = 64
# A default slug stays short enough to be typed.
LONGEST_DEFAULT_SLUG = 40

LICENSES = {
    "MIT": "MIT",
    "Apache-2.0": "Apache-2.0",
    "BSD-3-Clause": "BSD-3-Clause",
    "GPL-3.0-or-later": "GPL-3.0-or-later",
    # The form that PEP 639 asks for when a licence is in no list.
    "proprietary": "LicenseRef-Proprietary",
}

# learn.microsoft.com, "Naming Files, Paths, and Namespaces": reserved with any extension and in any case.
WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)

# The site's dependencies and theirs, by their normalised names (PEP 503): uv resolves none that has the project's own
# name. tests/answers/test_answers_baked.py holds this against the uv.lock of a generated site.
_DEPENDENCIES = """
    argon2-cffi argon2-cffi-bindings asgiref ast-serialize boto3 botocore brotli certifi cffi click colorama
    coverage cssbeautifier dj-database-url dj-email-url djade django django-axes django-browser-reload
    django-cache-url django-debug-toolbar django-storages django-stubs django-stubs-ext djlint editorconfig environs
    gunicorn iniconfig jmespath jsbeautifier json5 librt marshmallow mypy mypy-extensions packaging pathspec pluggy
    psycopg psycopg-binary pycparser pygments pytest pytest-cov pytest-django python-dateutil python-dotenv pyyaml
    redis regex ruff s3transfer sentry-sdk six sqlparse tinycss2 tree-sitter tree-sitter-javascript types-pyyaml
    typing-extensions tzdata urllib3 webencodings whitenoise
"""
DEPENDENCIES = frozenset(_DEPENDENCIES.split())

# The parts of a host name (RFC 1035, RFC 1123): letters, digits and inner hyphens, at most 63 of them; a top-level
# domain begins with a letter, so an IP address is none.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])", re.IGNORECASE)
_LONGEST_HOST = 253
# A mailbox without quotes or comments (RFC 5321's Dot-string).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LONGEST_MAILBOX = 64
_SLUG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# Names in the database that mean another thing on each machine, or nothing.
_NO_TIME_ZONES = frozenset({"Factory", "localtime", "posixrules"})

# Unicode's categories of what shows nothing: spaces, separators, controls, formats, surrogates. And the characters that
# show nothing although they are filed under letters and symbols.
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# They turn the direction of the text after them, also of code: a reader of the source must see them (CVE-2021-42574).
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BYTE_ORDER_MARK = "\ufeff"


class Fault(ValueError):
    """An answer that cannot be used; the message says why, as the middle of a sentence."""


def settle(question: str, value: object) -> str:
    """The answer as the site uses it: as given, or mended where there is no doubt what was meant.

    Raises Fault, whose text is one line: the question, what is wrong, what is allowed and an example.
    """
    rule, allowed = QUESTIONS[question]
    try:
        return rule(_string(value))
    except Fault as fault:
        raise Fault(f"{question}: {fault}. {allowed}") from None


def faults(answers: Mapping[str, object]) -> list[str]:
    """All that is wrong with the answers, one line each; empty when a site can be made of them."""
    found = []
    for question in QUESTIONS:
        try:
            settle(question, answers.get(question, ""))
        except Fault as fault:
            found.append(str(fault))
    return found


def derived(answers: Mapping[str, object]) -> dict[str, str]:
    """The private variables of cookiecutter.json, made of answers that have no faults."""
    settled = {question: settle(question, answers[question]) for question in QUESTIONS}
    return {f"__{question}": quoted(value) for question, value in settled.items()} | {
        f"__md_{question}": markdown(settled[question]) for question in FREE_TEXT
    }


def default_slug(project_name: object) -> str:
    """A slug that is always allowed, made of the site's name: "Zoë's Café" gives zoes-cafe, "北京" bei-jing."""
    name = re.sub("['\u2018\u2019\u02bc]", "", project_name) if isinstance(project_name, str) else ""
    slug = slugify(name, max_length=LONGEST_DEFAULT_SLUG, word_boundary=True)
    for candidate in (slug, f"{slug}-site"):
        try:
            return _project_slug(candidate)
        except Fault:
            continue
    return "site"


def quoted(value: str) -> str:
    """The text as it stands between double quotes in Python, TOML, YAML and JSON alike.

    All four read a backslash and four hexadecimal digits the same way. The quote is written so, not as backslash and
    quote, because Ruff would turn the quotes round for that one; so are the characters that change the direction.
    """
    return "".join(
        "\\\\" if character == "\\" else f"\\u{ord(character):04x}" if character in _ESCAPED else character
        for character in value
    )


def markdown(value: object) -> str:
    """The text as a run of Markdown that shows it and nothing else: no markup, no HTML, no list, no heading.

    CommonMark allows a backslash before any ASCII punctuation; only what could mean something gets one.
    """
    text = value.strip(" ") if isinstance(value, str) else ""
    text = re.sub(r"[\\`*\[\]<|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|(?<!\S)#", r"\\\g<0>", text)
    return re.sub(r"^(\d{0,9})([-+=>.)])", _first_of_line, text)


def _first_of_line(match: re.Match[str]) -> str:
    number, mark = match.groups()
    # "1." and "1)" begin a list, "-", "+", "=" and ">" do so (or a heading, or a quotation) without a number.
    return match[0] if bool(number) != (mark in ".)") else f"{number}\\{mark}"


def shown(value: str) -> str:
    """The answer in a message: short, on one line, and with what cannot be seen made visible."""
    short = value if len(value) <= 60 else f"{value[:57]}..."
    visible = "".join(
        character if character.isprintable() else character.encode("unicode-escape").decode() for character in short
    )
    return f'"{visible}"'


def _string(value: object) -> str:
    """A configuration file may hold anything: `project_name: yes` is no text in YAML."""
    if not isinstance(value, str):
        raise Fault(f"{shown(str(value))} is not text")
    return value


def _text(value: str) -> str:
    if all(character in _BLANKS or unicodedata.category(character) in _INVISIBLE for character in value):
        raise Fault(f"{shown(value)} shows nothing" if value.strip() else "it is blank")
    for position, character in enumerate(value, 1):
        if kind := _unwritable(character):
            raise Fault(f"character {position} is {kind} (U+{ord(character):04X})")
    if len(value) > LONGEST_TEXT:
        raise Fault(f"it has {len(value)} characters, and {LONGEST_TEXT} is the most")
    return value


def _unwritable(character: str) -> str:
    """What no text file can carry, or not everywhere; YAML's and TOML's printable characters are the narrowest."""
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "a line break"
    if unicodedata.category(character) == "Cc":
        return "a control character"
    if unicodedata.category(character) == "Cs":
        return "half a character"
    if character == _BYTE_ORDER_MARK:
        return "a byte order mark"
    if ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
        return "no character"
    return ""


def _project_slug(value: str) -> str:
    if not value.strip():
        raise Fault("it is blank")
    if "/" in value or "\\" in value:
        raise Fault(f"{shown(value)} is a path")
    if not _SLUG.fullmatch(value):
        raise Fault(f"{shown(value)} is not a name for a folder and a Python project alike")
    if len(value) > LONGEST_SLUG:
        raise Fault(f"it has {len(value)} characters, and {LONGEST_SLUG} is the most")
    if value.split(".")[0].lower() in WINDOWS_DEVICES:
        raise Fault(f"{shown(value)} is a name that Windows keeps for a device")
    if re.sub(r"[-_.]+", "-", value).lower() in DEPENDENCIES:
        raise Fault(f"{shown(value)} is the name of a package that the site needs")
    return value


def _author_email(value: str) -> str:
    mailbox, at, host = value.rpartition("@")
    if not at or not _MAILBOX.fullmatch(mailbox) or len(mailbox) > _LONGEST_MAILBOX:
        raise Fault(f"{shown(value)} is not an email address")
    host = host if host.isascii() else _ascii_host(host)
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise Fault(f"{shown(value)} is not an email address")
    return f"{mailbox}@{host}"


def _domain_name(value: str) -> str:
    host = re.sub(r"^\s*https?://", "", value, flags=re.IGNORECASE).strip().rstrip("/").removesuffix(".")
    host = host.lower() if host.isascii() else _ascii_host(host)
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise Fault(f"{shown(value)} is not a domain")
    return host


def _ascii_host(host: str) -> str:
    """The form of an international name that DNS, certificates and the Host header use ("xn--..."), or "" if none."""
    try:
        # idna's time grows faster than the name's length: a name that is too long anyway does not go in.
        return idna.encode(host, uts46=True).decode() if len(host) <= _LONGEST_HOST else ""
    except UnicodeError:
        return ""


def _time_zone(value: str) -> str:
    known = _time_zones()
    if value in known or (not known and _TIME_ZONE.fullmatch(value)):
        return value
    # "Berlin" and "europe/berlin" find Europe/Berlin; sorted, for the same suggestion every time.
    names = {name.rpartition("/")[2].casefold(): name for name in sorted(known)}
    names |= {name.casefold(): name for name in known}
    near = difflib.get_close_matches(value[:40].strip().replace(" ", "_").casefold(), names, n=1)
    raise Fault(f"{shown(value)} is not a time zone" + (f" (did you mean {names[near[0]]}?)" if near else ""))


@functools.lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    """The names that this machine knows; none on a Windows without the tzdata package, where the form must do."""
    return frozenset(zoneinfo.available_timezones() - _NO_TIME_ZONES)


def _license(value: str) -> str:
    if value not in LICENSES:
        raise Fault(f"{shown(value)} is not on offer")
    return LICENSES[value]


_ESCAPED = _DIRECTIONS | {'"'}
_ANY_TEXT = f"Write any text on one line, at most {LONGEST_TEXT} characters, for example: "
QUESTIONS: dict[str, tuple[Callable[[str], str], str]] = {
    "project_name": (_text, f"{_ANY_TEXT}My Site"),
    "project_slug": (
        _project_slug,
        f"Use at most {LONGEST_SLUG} letters (a to z), digits, hyphens, underscores and dots, a letter or digit first "
        "and last, for example: my-site",
    ),
    "description": (_text, f"{_ANY_TEXT}News from the allotments."),
    "author_name": (_text, f"{_ANY_TEXT}Ada Lovelace"),
    "author_email": (_author_email, "Write one bare address, for example: ada@example.com"),
    "domain_name": (_domain_name, "Write a host name without port or path, for example: www.example.com"),
    "time_zone": (_time_zone, "Write a name from the time zone database, for example: Europe/Berlin"),
    "license": (_license, f"Choose one of: {', '.join(LICENSES)}"),
}
FREE_TEXT = tuple(question for question, (rule, _) in QUESTIONS.items() if rule is _text)
