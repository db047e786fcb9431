"""The `Media` of forms, widgets and the admin, and `static()` in Python: rules P1, P2 and H2."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ..findings import Finding, Level
from ..project import static_prefixes
from .contract import finding
from .index import Index
from .names import hint_for, judge, resolve, tag
from .python_code import PythonFacts
from .references import Mention, Reference
from .usage import CodeUsage

FILE_NAME = re.compile(r"\.[A-Za-z]\w*$")


def check_code(path: Path, facts: PythonFacts, index: Index, usage: CodeUsage) -> tuple[list[Finding], list[Reference]]:
    """Check the references in one of the site's own Python files. Faults in unused code are warnings."""
    findings: list[Finding] = []
    references: list[Reference] = []
    for mention in (*facts.hard_coded, *facts.glued):
        findings += _hard_coded(mention, path, index)
    for mention, at_import in facts.static_calls:
        verdict = judge(mention.url, index) if mention.url else None
        if at_import and not mention.url.endswith("/"):  # the manifest storage does not look up folders
            message = "static() runs when this module is imported, and fails before the first collectstatic."
            hint = "Call it inside a function, or make it lazy: lazy(static, str)."
            findings += finding("at import", 32, message, hint, path, mention.line)
        elif verdict:
            judged = finding(verdict.kind, verdict.number, verdict.message, verdict.hint, path, mention.line)
            is_tag = mention.kind.startswith("tag ")
            used = not is_tag or usage.tag(mention.kind.removeprefix("tag "))
            findings += judged if used else [_unused(one, "template uses this tag") for one in judged]
        else:
            references.append(Reference(resolve(mention.url, index) or mention.url, path, mention.line))
    for mention in facts.media:
        if mention.kind.endswith(" text"):
            kind = mention.kind.removesuffix(" text")
            message = f"The {kind} of Media is a string, so Django uses each of its letters as a path."
            findings += finding("always", 31, message, f"Write ['{mention.url}'].", path, mention.line)
        elif missing := _missing(mention, path, index):
            used = mention.line not in facts.widgets or usage.widget(facts.widgets[mention.line])
            findings += missing if used else [_unused(one, "code uses this widget") for one in missing]
        elif found := resolve(mention.url, index):
            references.append(Reference(found, path, mention.line))
    return findings, references


def _unused(found: Finding, what: str) -> Finding:
    """Return the finding as a warning whose message adds that the code is not used."""
    return replace(found, level=min(found.level, Level.WARNING), message=f"{found.message} No {what}.")


def _hard_coded(mention: Mention, path: Path, index: Index) -> list[Finding]:
    name = mention.url
    for prefix in static_prefixes():
        name = name.removeprefix(prefix)
    written = f"STATIC_URL + '{name}'" if mention.kind == "glued" else f"'{mention.url}'"
    number = 23 if mention.kind == "glued" else 22
    hint = f"Call static('{name}')." if name in index.files else hint_for(name, index)
    if name in index.files or not FILE_NAME.search(name):
        return finding("hard-coded", number, f"{written} is a hard-coded static URL.", hint, path, mention.line)
    message = f"{written} is a hard-coded URL of a static file that does not exist."
    return finding("always", number, message, hint, path, mention.line)


def _missing(mention: Mention, path: Path, index: Index) -> list[Finding]:
    url = mention.url
    if url.startswith(("http://", "https://", "/")) or resolve(url, index):
        return []
    verdict = judge(url, index)
    if verdict is None:
        return []
    hint = verdict.hint
    # The paths of Media are written without a tag, so the hint shows the path only.
    for name in index.files if "{% static" in hint else ():
        if tag(name) in hint:
            hint = hint.replace(tag(name), f"'{name}'")
            break
    return finding(verdict.kind, 31, f"Media: {verdict.message}", hint, path, mention.line)
