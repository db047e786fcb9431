"""Fix the faults in templates whose correction is certain, for `provestatic --fix` and `--diff`.

These are a missing `{% load static %}` (001), a wrong case (005), a leading slash (006), and the hard-coded URL of an
existing file in an attribute (021). A fix replaces only the characters of the fault. Everything else stays: comments,
whitespace, line endings and the encoding. After each fix, Django's parser (or Jinja2's) reads the template again. A fix
that does not give the intended tag at the intended place is dropped.

`changes()` computes the fixes in the process of the proof. The process of the command shows or writes them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from django.templatetags.static import static

from . import analysis
from .findings import Level
from .project import is_own, shown, static_prefixes
from .reading import markup
from .reading.discovery import TemplateFile, discover
from .reading.index import Index, loosened
from .reading.masking import SILENT
from .reading.names import judge
from .reading.references import Mention, StaticUse
from .reading.templates import compiled

NOT_LOADED, WRONG_CASE, SLASH, HARD_CODED = 1, 5, 6, 21
LOAD = "{% load static %}"
SILENT_TAG = r"\{#.*?#\}|\{%\s*load\b.*?%\}"
ONLY_LOADS = re.compile(rf"(?:\s|{SILENT_TAG})*")
XML = re.compile(rf"\ufeff?((?:{SILENT_TAG})*<\?xml\b[^>]*\?>)?")  # nothing may stand before the declaration
BRANCH = re.compile(r"\{%[-+]?\s*(?:elif|else|empty)\b[^%]*%\}$")  # directly before a URL
END_OF_BRANCH = re.compile(r"\{%[-+]?\s*(?:end|elif|else|empty)")  # directly after a URL
UNSAFE = re.compile(r"[\"'\\{}%]")  # in a name: the quotes of the tag would need care

Change = dict[str, str]


@dataclass(frozen=True)
class Edit:
    """New text for the characters from ``start`` to ``end``. Then a tag for ``name`` is at the offset ``tag``."""

    start: int
    end: int
    new: str
    tag: int
    name: str


def changes() -> list[Change]:
    """Return the files to change, for the errors and warnings of the last analysis that are not silenced.

    Each has its `path`, the `name` of the path for messages, its `encoding`, and its text `before` and `after`. The
    templates of installed packages are not changed.
    """
    run = analysis.latest()
    places: dict[Path, set[tuple[int, int]]] = {}
    for finding in run.separate:
        if finding.level > Level.NOTE and finding.file and finding.line:
            places.setdefault(finding.file, set()).add((finding.number, finding.line))
    found: list[Change] = []
    for template in discover([], third_party=False):
        if template.path not in places or not template.own or not is_own(template.path.resolve()):
            continue
        encoding = template.engine.file_charset if template.engine else "utf-8"
        try:
            before = template.path.read_bytes().decode(encoding)
        except (OSError, UnicodeDecodeError):
            continue  # the analysis reports such a file
        after = _fixed(before, template, places[template.path], run.index)
        if after != before:
            names = {"path": str(template.path), "name": shown(template.path), "encoding": encoding}
            found.append({**names, "before": before, "after": after})
    return found


def unified(changed: Iterable[Mapping[str, str]]) -> str:
    """Return the changes as a unified diff, which `git apply` accepts in the site's root folder."""
    lines: list[str] = []
    for change in changed:
        before, after = (re.findall(r"[^\n]*\n|[^\n]+", change[key]) for key in ("before", "after"))
        lines += difflib.unified_diff(before, after, f"a/{change['name']}", f"b/{change['name']}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(changed: Iterable[Mapping[str, str]]) -> int:
    """Write the changes, and return the number of files. Skip a file that has changed in the meantime."""
    written = 0
    for change in changed:
        path = Path(change["path"])
        if path.read_bytes() == change["before"].encode(change["encoding"]):
            path.write_bytes(change["after"].encode(change["encoding"]))
            written += 1
    return written


def _fixed(before: str, template: TemplateFile, places: set[tuple[int, int]], index: Index) -> str:
    """Return the text of a template with all certain fixes, or the same text."""
    tags = compiled(before, template)
    if not tags.complete:
        return before
    wanted = [edit for use in tags.statics if (edit := _in_tag(use, before, places, index))]
    for mention in markup.read(tags.masked, static_prefixes()).hard_coded:
        if (HARD_CODED, mention.line) in places:
            wanted += _in_attribute(mention, before, tags.masked, template, index)
    text = before
    for edit in sorted(wanted, key=lambda edit: -edit.start):  # from the end, so that the offsets stay valid
        candidate = text[: edit.start] + edit.new + text[edit.end :]
        tags = compiled(candidate, template)
        if tags.complete and any(use.start == edit.tag and use.path == edit.name for use in tags.statics):
            text = candidate
    tags = compiled(text, template)
    is_loaded = all(fault.number != NOT_LOADED for fault in tags.faults)
    if is_loaded or (text == before and all(number != NOT_LOADED for number, _ in places)):
        return text
    text = _loading(text, tags.extends)
    tags = compiled(text, template)
    is_right = tags.complete and all(fault.number != NOT_LOADED for fault in tags.faults)
    return text if is_right and template.is_markup else before  # the subject of a mail has one line only


def _in_tag(use: StaticUse, text: str, places: set[tuple[int, int]], index: Index) -> Edit | None:
    """Return the fix of a wrong case or a leading slash in the constant path of a tag."""
    verdict = judge(use.path, index, glued=use.glued) if use.path else None
    if use.path is None or verdict is None or verdict.number not in {WRONG_CASE, SLASH}:
        return None
    name = _only_name(use.path, index)
    start = text.find(use.path, use.start, use.end)
    end = start + len(use.path)
    is_quoted = start > 0 and text[start - 1] in "'\"" and text[end : end + 1] == text[start - 1]
    is_only = text.count(use.path, use.start, use.end) == 1
    if name is None or not is_quoted or not is_only or (verdict.number, use.line) not in places:
        return None
    return Edit(start, end, name, use.start, name)


def _only_name(written: str, index: Index) -> str | None:
    """Return the only existing name that a path can mean, with its query and fragment, or None."""
    path = re.split("[?#]", written, maxsplit=1)[0]
    name = path
    for prefix in static_prefixes():
        name = name.removeprefix(prefix)
    name = name.lstrip("/")
    same = [name] if name in index.files else index.by_loose_name.get(loosened(name), [])
    return same[0] + written[len(path) :] if len(same) == 1 and not UNSAFE.search(same[0] + written) else None


def _in_attribute(mention: Mention, text: str, masked: str, template: TemplateFile, index: Index) -> Iterator[Edit]:
    """Yield the fix of a hard-coded URL in an attribute: a tag in place of its path. Query and fragment stay."""
    path = re.split("[?#]", mention.url, maxsplit=1)[0]
    start, end = mention.start, mention.start + len(path)
    prefix = next((prefix for prefix in static_prefixes() if path.startswith(prefix)), path)
    name = unquote(path.removeprefix(prefix))
    if masked[start:end] != path or name not in index.files or UNSAFE.search(name):
        return
    rest = masked[end : end + 1] == SILENT and not END_OF_BRANCH.match(text, end)  # the path may go on after a tag
    opening = max(masked.rfind('"', 0, start), masked.rfind("'", 0, start))
    unquoted = masked[start - 1] == "="
    if rest or not (unquoted or _begins_value(text[:start], masked[:start], opening)):
        return
    quote = '"' if not unquoted and masked[opening] == "'" else "'"
    if tag := _tag(name, quote, template):
        yield Edit(start, end, tag, start, name)


def _tag(name: str, quote: str, template: TemplateFile) -> str | None:
    """Return the tag for a file. A Jinja2 environment without the function `static` has none."""
    environment = template.environment
    if environment is None:
        return f"{{% static {quote}{name}{quote} %}}"
    for function, value in environment.globals.items():
        if function == "static" or value is static:
            call = f"{function}({quote}{name}{quote})"
            return f"{environment.variable_start_string} {call} {environment.variable_end_string}"
    return None


def _begins_value(text: str, masked: str, opening: int) -> bool:
    """Return whether a URL after this text begins a value, or one of several in `srcset`, in any branch."""
    before = re.split(r"[\s,]", masked[opening + 1 :])[-1]
    begins = not before.strip(SILENT) or (before[0] == SILENT and bool(BRANCH.search(text)))
    return begins and bool(re.search(r"=\s*$", masked[: max(opening, 0)]))


def _loading(text: str, extends: int) -> str:
    """Return the text with `{% load static %}` on a line of its own: after `{% extends %}`, or else at the top."""
    found = re.search(r"\r?\n", text)
    newline = found[0] if found else "\n"
    if not extends:
        declaration = XML.match(text)
        at = declaration.end() if declaration else 0
        new = f"{newline}{LOAD}" if declaration and declaration[1] else f"{LOAD}{newline}"
        return text[:at] + new + text[at:]
    line_end = text.find("\n", extends) + 1
    if line_end and ONLY_LOADS.fullmatch(text, extends, line_end):
        return f"{text[:line_end]}{LOAD}{newline}{text[line_end:]}"
    return f"{text[:extends]}{newline}{LOAD}{newline}{text[extends:]}"
