"""Fix the faults in templates whose correction is certain, for `provestatic --fix` and `--diff`.

These are a missing `{% load static %}` (001), a wrong case (005), a leading slash (006), and the hard-coded URL of an
existing file in an attribute (021). A fix replaces only the characters of the fault. Everything else stays: comments,
whitespace, line endings and the encoding. After each fix, Django's parser (or Jinja2's) reads the template again. A fix
that does not give the intended tag at the intended place is dropped.

`changes()` computes the fixes in the process of the proof. The process of the command shows or writes them.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from django.templatetags.static import static

from . import analysis
from .findings import Level
from .project import base_dir, is_own, repository, static_prefixes
from .reading import markup
from .reading.discovery import TemplateFile, discover
from .reading.index import Index, loosened
from .reading.references import SILENT, Mention, StaticUse
from .reading.templates import compiled

NOT_LOADED, WRONG_CASE, SLASH, HARD_CODED = 1, 5, 6, 21
BRANCH = re.compile(r"\{%[-+]?\s*(?:elif|else|empty)\b[^%]*%\}$")  # directly before a URL
END_OF_BRANCH = re.compile(r"\{%[-+]?\s*(?:end|elif|else|empty)")  # directly after a URL
END_OF_LINE = re.compile(r"[ \t]*\r?\n")
UNSAFE = re.compile(r"[\"'\\{}%]")  # in a name: the quotes of the tag would need care

Places = set[tuple[int, int]]  # the rules and lines of the findings in one file
Edit = tuple[int, int, str, int, str]  # start, end, the new text, and the offset and path of the tag that it gives


def changes() -> list[dict[str, str]]:
    """Return the files to change, for the errors and warnings of the last analysis that are not silenced.

    Each has its `path`, its `name` relative to the root of the repository, its `encoding`, and its text `before` and
    `after`. The templates of installed packages are not changed.
    """
    run = analysis.latest()
    places: dict[Path, Places] = {}
    for finding in run.separate:
        if finding.level > Level.NOTE and finding.file and finding.line:
            places.setdefault(finding.file, set()).add((finding.number, finding.line))
    found: list[dict[str, str]] = []
    for template in discover([], third_party=False):
        if template.path in places and template.own and is_own(template.path.resolve()):
            encoding = template.engine.file_charset if template.engine else "utf-8"
            before = template.path.read_bytes().decode(encoding)
            after = _fixed(before, template, places[template.path], run.index)
            if after != before:
                name = Path(os.path.relpath(template.path, repository() or base_dir())).as_posix()
                names = {"path": str(template.path), "name": name, "encoding": encoding}
                found.append({**names, "before": before, "after": after})
    return found


def unified(changed: Iterable[Mapping[str, str]]) -> str:
    """Return the changes as a unified diff, which `git apply` accepts."""
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


def _fixed(before: str, template: TemplateFile, places: Places, index: Index) -> str:
    """Return the text of a template with all certain fixes, or the same text."""
    tags = compiled(before, template)
    if not tags.complete:
        return before
    wanted = [edit for use in tags.statics for edit in _in_tag(use, before, places, index)]
    for mention in markup.read(tags.masked, static_prefixes()).hard_coded:
        if (HARD_CODED, mention.line) in places:
            wanted += _in_attribute(mention, before, tags.masked, template, index)
    text = before
    for start, end, new, tag, name in sorted(wanted, reverse=True):  # from the end, so that the offsets stay valid
        candidate = text[:start] + new + text[end:]
        tags = compiled(candidate, template)
        if tags.complete and any(use.start == tag and use.path == name for use in tags.statics):
            text = candidate
    tags = compiled(text, template)
    is_loaded = all(fault.number != NOT_LOADED for fault in tags.faults)
    if is_loaded or (text == before and all(number != NOT_LOADED for number, _ in places)):
        return text
    loaded = _loading(text, tags.extends)
    # A line at the top is an error before an XML declaration, and in the subject of a mail.
    is_right = template.is_markup and "<?xml" not in text and compiled(loaded, template).complete
    return loaded if is_right else before


def _in_tag(use: StaticUse, text: str, places: Places, index: Index) -> Iterator[Edit]:
    """Yield the fix of a wrong case or a leading slash in the constant path of a tag."""
    name = _only_name(use.path or "", index)
    if use.path and name and name != use.path and not places.isdisjoint({(WRONG_CASE, use.line), (SLASH, use.line)}):
        found = re.findall(rf"(['\"]){re.escape(use.path)}\1", text[use.start : use.end])
        if len(found) == 1:
            start = text.index(found[0] + use.path, use.start) + 1
            yield start, start + len(use.path), name, use.start, name


def _only_name(written: str, index: Index) -> str | None:
    """Return the only existing name that a path can mean, or None."""
    name = written
    for prefix in static_prefixes():
        name = name.removeprefix(prefix)
    name = name.lstrip("/")
    same = [name] if name in index.files else index.by_loose_name.get(loosened(name), [])
    return same[0] if len(same) == 1 and not UNSAFE.search(same[0]) else None


def _in_attribute(mention: Mention, text: str, masked: str, template: TemplateFile, index: Index) -> Iterator[Edit]:
    """Yield the fix of a hard-coded URL in an attribute: a tag in place of its path. Query and fragment stay."""
    path = re.split("[?#]", mention.url, maxsplit=1)[0]
    start, end = mention.start, mention.start + len(path)
    name = unquote(path.removeprefix(next(filter(path.startswith, static_prefixes()), "")))
    goes_on = masked[end : end + 1] == SILENT and not END_OF_BRANCH.match(text, end)
    if masked[start:end] != path or name not in index.files or UNSAFE.search(name) or goes_on:
        return
    # The URL begins the value, or one of several in `srcset`, in any branch.
    opening = max(masked.rfind('"', 0, start), masked.rfind("'", 0, start), 0)
    before = re.split(r"[\s,]", masked[opening + 1 : start])[-1]
    begins = not before.strip(SILENT) or (before[0] == SILENT and BRANCH.search(text[:start]))
    unquoted = masked[start - 1] == "="
    quote = '"' if masked[opening] == "'" and not unquoted else "'"
    if unquoted or (begins and re.search(r"=\s*$", masked[:opening])):
        if template.environment is None:
            yield start, end, f"{{% static {quote}{name}{quote} %}}", start, name
        for function, value in template.environment.globals.items() if template.environment else ():
            if function == "static" or value is static:
                left, right = template.environment.variable_start_string, template.environment.variable_end_string
                yield start, end, f"{left} {function}({quote}{name}{quote}) {right}", start, name
                return


def _loading(text: str, extends: int) -> str:
    """Return the text with `{% load static %}` on a line of its own: after `{% extends %}`, or else at the top."""
    found = re.search(r"\r?\n", text)
    newline = found[0] if found else "\n"
    blank = END_OF_LINE.match(text, extends)
    at = blank.end() if blank else extends or int(text.startswith("\ufeff"))
    break_line = newline if extends and not blank else ""
    return f"{text[:at]}{break_line}{{% load static %}}{newline}{text[at:]}"
