"""The Jinja filters of this template: `quoted` for the site's files, `faults` and `checked` for the answers.

`cruft update` renders the old and the new version of the template in one process, and Python imports this module once,
from the old version. A release that adds or changes a filter therefore gives this module a new name.

Runs in Cookiecutter's interpreter: Python 3.10 or newer, and only what Cookiecutter itself depends on.
"""

from __future__ import annotations

import difflib
import functools
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import Extension

# PyPI takes a summary of at most 512 characters.
LONGEST_TEXT = 512
# Windows allows 260 characters for a path, and a virtual environment in the folder needs about 180 of them.
LONGEST_SLUG = 64
LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-or-later", "proprietary")

_SLUG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# "Naming Files, Paths, and Namespaces" on learn.microsoft.com: reserved with any extension and in any case.
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
# RFC 1123: letters, digits and inner hyphens. A top-level domain begins with a letter, so no IP address matches.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
# The dot-string of RFC 5321: no quotes, no comments.
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"(?=.{{1,64}}$){_ATOM}(?:\.{_ATOM})*")
_TIME_ZONE = re.compile("[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# Unicode categories whose characters show nothing, and characters of other categories that show nothing.
_INVISIBLE_CATEGORIES = {"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"}
_INVISIBLE = "\u115f\u1160\u2800\u3164\uffa0"
# The characters that a line of text cannot contain. The last ones reverse the text after them, in source code too
# (CVE-2021-42574).
_UNWRITABLE = {
    "a line break": "[\n\r\v\f\x85\u2028\u2029]",
    "a control character": "[\x00-\x1f\x7f-\x9f]",
    "half a character": "[\ud800-\udfff]",
    "a control of the text's direction": "[\u202a-\u202e\u2066-\u2069]",
}


class LocalExtension(Extension):
    """Add the three filters to Cookiecutter's Jinja environment."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update(quoted=quoted, faults=faults, checked=checked)


def quoted(text: str) -> str:
    r"""Return the text escaped for a string in double quotes in Python, TOML and JSON.

    All three read `\u0022` as a double quote. It is not written as `\"`, because Ruff's formatter would then change the
    quotes around the string. All other characters stay, emoji included (`tojson` would write surrogate pairs).
    """
    return text.replace("\\", "\\\\").replace('"', "\\u0022")


def faults(answers: Mapping[str, object]) -> list[str]:
    """Return one line for each answer that cannot be used: the question, what is wrong and what is allowed."""
    found = []
    for question, (find_fault, allowed) in QUESTIONS.items():
        answer = answers.get(question, "")
        # A configuration file can hold anything: `project_name: yes` is a boolean in YAML.
        fault = find_fault(answer) if isinstance(answer, str) else f"{shown(str(answer))} is not text"
        if fault:
            found.append(f"{question}: {fault}. {allowed}")
    return found


def checked(answers: Mapping[str, object]) -> str:
    """Return "yes", or print all faults and end the run with exit code 1. No folder exists at this point.

    Raise SystemExit, because a `click.ClickException` gives a readable message only in Cookiecutter. cruft's command
    line has its own copy of click and shows a traceback for it.
    """
    # For a replay, Cookiecutter shows only the questions that the file lacks. pre_gen_project.py checks the others.
    found = [fault for fault in faults(answers) if fault.partition(":")[0] in answers]
    if not found:
        return "yes"
    wrong = {fault.partition(":")[0] for fault in found}
    good = {question: str(answers[question]) for question in QUESTIONS if question in answers and question not in wrong}
    print("Error: these answers cannot be used.", *found, sep="\n  ", file=sys.stderr)
    if good:
        print(f"\nThis keeps your other answers:\n  {repeating_command(good)}", file=sys.stderr)
    raise SystemExit(1)


def repeating_command(answers: Mapping[str, str]) -> str:
    """Return a command that offers these answers as defaults, so that Enter accepts each of them."""
    if "cruft" in sys.modules:  # its copy of the template is temporary
        command = ["cruft", "create", "TEMPLATE", "--extra-context", json.dumps(answers, ensure_ascii=False)]
    else:
        command = ["cookiecutter", str(Path(__file__).resolve().parent)]
        command += [f"{question}={answer}" for question, answer in answers.items()]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def shown(value: str) -> str:
    """Return the answer for a message: short, on one line, with invisible characters written as escapes."""
    short = value if len(value) <= 60 else f"{value[:57]}..."
    visible = (char if char.isprintable() else char.encode("unicode-escape").decode() for char in short)
    return f'"{"".join(visible)}"'


# One function for each kind of answer. Each returns the fault, or "".


def text_fault(value: str) -> str:
    if not value.strip():
        return "it is blank"
    for kind, characters in _UNWRITABLE.items():
        if match := re.search(characters, value):
            return f"character {match.start() + 1} is {kind} (U+{ord(match[0]):04X})"
    if all(char in _INVISIBLE or unicodedata.category(char) in _INVISIBLE_CATEGORIES for char in value):
        return f"{shown(value)} shows nothing"
    return f"it has {len(value)} characters, more than {LONGEST_TEXT}" if len(value) > LONGEST_TEXT else ""


def slug_fault(value: str) -> str:
    if not value.strip():
        return "it is blank"
    if "/" in value or "\\" in value:
        return f"{shown(value)} is a path"
    if not _SLUG.fullmatch(value):
        return f"{shown(value)} is not a folder name that works everywhere"
    if len(value) > LONGEST_SLUG:
        return f"it has {len(value)} characters, more than {LONGEST_SLUG}"
    return f"Windows reserves {shown(value)} for a device" if _WINDOWS_DEVICE.fullmatch(value) else ""


def email_fault(value: str) -> str:
    mailbox, _, host = value.rpartition("@")
    if not value.isascii():
        return f"{shown(value)} has characters outside ASCII"
    good = _MAILBOX.fullmatch(mailbox) and _HOST.fullmatch(host.lower())
    return "" if good else f"{shown(value)} is not an email address"


def domain_fault(value: str) -> str:
    if not value.isascii():
        return f"{shown(value)} has characters outside ASCII"
    if not _HOST.fullmatch(value.lower()):
        return f"{shown(value)} is not a domain"
    return f"{shown(value)} has capital letters" if value != value.lower() else ""


def time_zone_fault(value: str) -> str:
    zones = time_zones()
    if value in zones or (not zones and _TIME_ZONE.fullmatch(value)):
        return ""
    # For "Berlin" and "europe/berlin", suggest Europe/Berlin. The sorting makes the suggestion always the same.
    names = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(zones)}
    names |= {zone.casefold(): zone for zone in zones}
    near = difflib.get_close_matches(value[:40].strip().replace(" ", "_").casefold(), names, n=1)
    return f"{shown(value)} is not a time zone" + (f" (did you mean {names[near[0]]}?)" if near else "")


@functools.lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Return the time zones of this machine: none on a Windows without the package tzdata."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})


def license_fault(value: str) -> str:
    return "" if value in LICENSES else f"{shown(value)} is not one of the licences"


_ANY_TEXT = f"Write any text on one line, at most {LONGEST_TEXT} characters, for example: "
QUESTIONS: dict[str, tuple[Callable[[str], str], str]] = {
    "project_name": (text_fault, f"{_ANY_TEXT}My Site"),
    "project_slug": (
        slug_fault,
        f"Use at most {LONGEST_SLUG} letters (a to z), digits, -, _ and dots; a letter or digit first and last, "
        "for example: my-site",
    ),
    "description": (text_fault, f"{_ANY_TEXT}News from the garden club."),
    "author_name": (text_fault, f"{_ANY_TEXT}Ada Lovelace"),
    "author_email": (
        email_fault,
        "Write an address in ASCII (another script in its xn-- form), without a name, for example: ada@example.com",
    ),
    "domain_name": (
        domain_fault,
        "Write a host name in lower-case ASCII (another script in its xn-- form), without https://, port and path, "
        "for example: www.example.com",
    ),
    "time_zone": (time_zone_fault, "Write a name from the time zone database, for example: Europe/Berlin"),
    "license": (license_fault, f"Choose one of: {', '.join(LICENSES)}"),
}
