"""The rules for stylesheets and scripts: C1 to C4, J1, J2 and H2."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..findings import Finding, Level
from ..project import static_prefixes
from .assets import Asset, Checked, ImportMap, is_read, read_asset
from .bundles import bundle_folders, bundle_of, is_bundler_source
from .contract import finding
from .files import Unreadable
from .index import Index, StaticFile
from .references import Mention, Reference
from .suggest import nearest

SCHEME = re.compile(r"[A-Za-z][\w+.\-]*:")
COMPUTED = re.compile(r"\$\{|[{}<>]")  # a part that only the running script knows
FILE_NAME = re.compile(r"\.\w{2,11}$")
Imports = dict[str, list[tuple[str, int]]]


@dataclass
class Problem:
    """A faulty reference: its rule, kind (see `contract.WEIGHTS`), message and hint."""

    mention: Mention
    number: int
    kind: str
    message: str
    hint: str


@dataclass
class _Check:
    index: Index
    import_map: ImportMap
    bundles: frozenset[str]
    checked: Checked = field(default_factory=Checked)
    imports: Imports = field(default_factory=dict)
    in_bundles: dict[str, list[tuple[StaticFile, Problem]]] = field(default_factory=dict)


def check(index: Index, import_map: ImportMap, *, third_party: bool) -> Checked:
    """Check every collected stylesheet and script. Include installed packages when ``third_party`` is true."""
    state = _Check(index, import_map, bundle_folders(index))
    for file in index.files.values():
        if is_read(file, third_party=third_party) and (asset := _read(file, state.checked)) and asset.mentions:
            is_style = file.name.endswith(".css")
            problems = _stylesheet(file, asset, state) if is_style else _script(file, asset, state)
            bundle = bundle_of(file.name, state.bundles)
            if bundle is not None:
                state.in_bundles.setdefault(bundle, []).extend((file, problem) for problem in problems)
            else:
                state.checked.findings += _findings(file, asset, problems)
    for bundle, found in state.in_bundles.items():
        state.checked.findings += _of_bundle(bundle, found)
    state.checked.findings += _cycles(state.imports, index)
    return state.checked


def _read(file: StaticFile, checked: Checked) -> Asset | None:
    try:
        asset = read_asset(file)
    except Unreadable as unreadable:
        number = 44 if unreadable.number == 103 and file.name.endswith(".css") else unreadable.number
        message = f"'{file.name}' {unreadable}"
        if number == 44:
            hint = "Save it as UTF-8: collectstatic stops here."
            checked.findings += finding("collectstatic stops", 44, message, hint, Path(file.path), None, own=file.own)
        else:
            level = unreadable.level if file.own else Level.NOTE
            checked.findings.append(Finding(number, level, message, "", Path(file.path)))
        return None
    checked.ignores += [(Path(file.path), ignore) for ignore in asset.ignores]
    return asset


def _findings(file: StaticFile, asset: Asset, problems: list[Problem]) -> Iterator[Finding]:
    for problem in problems:
        own = file.own and not (asset.vendored and problem.number in {22, 52})  # nobody changes the code of a library
        path, line = Path(file.path), problem.mention.line
        yield from finding(problem.kind, problem.number, problem.message, problem.hint, path, line, own=own)


def _of_bundle(bundle: str, found: list[tuple[StaticFile, Problem]]) -> Iterator[Finding]:
    """Yield one finding for each rule that a bundle breaks, because the bundler's settings are the one cause."""
    by_rule: dict[tuple[int, str], list[tuple[StaticFile, Problem]]] = {}
    for file, problem in found:
        by_rule.setdefault((problem.number, problem.kind), []).append((file, problem))
    hints = {
        51: "Keep the bundler's own hashed names: exclude this folder from hashing, or load one file without imports.",
        22: "Set the bundler's public path so that URLs are relative (Vite: base './').",
        43: "Let the bundler write the maps, or remove the comments.",
    }
    for (number, kind), problems in by_rule.items():
        file, first = problems[0]
        message = first.message
        if len(problems) > 1:
            files = len({file.name for file, _ in problems})
            all_of_them = f"{len(problems)} such references in {files} files of the bundle '{bundle}/'"
            message = f"{message.removesuffix('.')}; {all_of_them}."
        hint = hints.get(number, first.hint)
        yield from finding(kind, number, message, hint, Path(file.path), first.mention.line, own=file.own)


def _stylesheet(file: StaticFile, asset: Asset, state: _Check) -> list[Problem]:
    problems: list[Problem] = []
    for mention in asset.mentions:
        url = mention.url
        if _is_elsewhere(url) or COMPUTED.search(url):
            continue
        prefixed = _prefixed(url)
        if url.startswith("/") and prefixed is None:
            continue  # another URL of the site, not a static file
        target = prefixed if prefixed is not None else _target(file.name, url)
        rewritten = mention in asset.rewritten
        if target not in state.index.files:
            if target.rstrip("/") in state.index.folders or not target:
                continue
            number = {"image-set": 42, "sourcemap": 43}.get(mention.kind, 41)
            problems.append(_missing(file, mention, number, target, state.index, rewritten=rewritten))
            continue
        state.checked.references.append(Reference(target, Path(file.path), mention.line))
        relative = posixpath.relpath(target, posixpath.dirname(file.name) or ".")
        if mention.kind == "import":
            state.imports.setdefault(file.name, []).append((target, mention.line))
        if prefixed is not None:
            kind = "rewritten" if rewritten else "hard-coded"
            why = "; collectstatic replaces it, as long as STATIC_URL stays the same" if rewritten else ""
            message = f"'{url}' is a hard-coded static URL{why}."
            problems.append(Problem(mention, 22, kind, message, f"Write it relative: url({relative})."))
        elif mention.kind == "image-set":
            message = f"'{url}' exists, but the storage does not write its hashed name here."
            problems.append(Problem(mention, 42, "not rewritten", message, f'Write url("{url}").'))
    return problems


def _script(file: StaticFile, asset: Asset, state: _Check) -> list[Problem]:
    problems: list[Problem] = []
    imports = [(m.url, _target(file.name, m.url)) for m in asset.mentions if m.kind == "import"]
    for_bundler = is_bundler_source(imports, state.index)
    unmapped: list[Mention] = []
    for mention in asset.mentions:
        url = mention.url
        if _is_elsewhere(url) or (for_bundler and mention.kind != "literal"):
            continue
        if mention.kind == "literal" or _prefixed(url) is not None:
            problems += _hard_coded(mention, state.index)
        elif mention.kind == "sourcemap":
            target = _target(file.name, url)
            if target not in state.index.files:
                problems.append(_missing(file, mention, 43, target, state.index, rewritten=mention in asset.rewritten))
        elif mention.kind == "url" or url.startswith(("./", "../")):
            problems += _import(file, mention, state, rewritten=mention in asset.rewritten)
        elif not url.startswith("/") and not state.import_map.defines(url):
            unmapped.append(mention)
    if unmapped and not asset.vendored:
        more = f" and {len(unmapped) - 1} more in this file" if len(unmapped) > 1 else ""
        message = (
            f"'{unmapped[0].url}'{more}: a bare module name that no import map in the site's own templates defines."
        )
        level = Level.WARNING if file.own else Level.NOTE  # the map may be made elsewhere
        hint = "Add it to the import map."
        state.checked.findings.append(Finding(52, level, message, hint, Path(file.path), unmapped[0].line))
    return problems


def _hard_coded(mention: Mention, index: Index) -> list[Problem]:
    url = mention.url
    name = _prefixed(url) or ""
    hint = "Pass the URL from the template, in a data attribute or json_script with {% static %}."
    if mention.kind == "import":
        hint = "Import a bare name and map it to {% static %} in an import map of the template."
    message = f"'{url}' is a hard-coded static URL, not the hashed name."
    if COMPUTED.search(url) or name in index.files or not FILE_NAME.search(name):
        return [Problem(mention, 22, "hard-coded", message, hint)]
    found = nearest(name, index)
    hint = f"Did you mean '{found}'? {hint}" if found else hint
    return [Problem(mention, 22, "always", f"'{url}' is a hard-coded static URL of a file that does not exist.", hint)]


def _import(file: StaticFile, mention: Mention, state: _Check, *, rewritten: bool) -> list[Problem]:
    target = _target(file.name, mention.url)
    if target not in state.index.files:
        return [_missing(file, mention, 52, target, state.index, rewritten=rewritten)]
    state.checked.references.append(Reference(target, Path(file.path), mention.line))
    mapped = any(f"{prefix}{target}" in state.import_map.names for prefix in static_prefixes())
    if rewritten or mapped:
        return []
    message = f"'{mention.url}' loads the file under its plain name. The storage does not write the hashed name here."
    hint = f"Import a bare name and map it in an import map to {{% static '{target}' %}}."
    return [Problem(mention, 51, "not rewritten", message, hint)]


def _missing(file: StaticFile, mention: Mention, number: int, target: str, index: Index, *, rewritten: bool) -> Problem:
    message = f"'{mention.url}' does not exist: '{target}' is in no static folder."
    found = None if mention.kind == "sourcemap" else nearest(target, index)
    if found:
        relative = posixpath.relpath(found, posixpath.dirname(file.name) or ".")
        is_module = mention.kind == "import" and not file.name.endswith(".css")
        hint = f"Did you mean '{relative if relative.startswith('.') or not is_module else f'./{relative}'}'?"
    else:
        hint = "Remove the comment, or add the map." if mention.kind == "sourcemap" else "Add the file."
    # A missing module stops the script. A missing source map is harmless, unless collectstatic looks for it.
    kind = "always" if number == 52 else "collectstatic stops"
    return Problem(mention, number, kind if number != 43 or rewritten else "harmless", message, hint)


def _cycles(imports: Imports, index: Index) -> Iterator[Finding]:
    """Yield one finding for each cycle of `@import`, at the import of the file that comes first in the alphabet."""
    reported: set[frozenset[str]] = set()
    for start in sorted(imports):
        waiting: list[tuple[str, ...]] = [(start,)]
        seen: set[str] = set()
        while waiting:
            path = waiting.pop()
            for target, line in imports.get(path[-1], ()):
                if target == start and frozenset(path) not in reported and min(path) == start:
                    reported.add(frozenset(path))
                    file = index.files[path[-1]]
                    message = f"These @import rules form a cycle: {' -> '.join([*path, start])}."
                    hint = "Remove one of these imports."
                    yield from finding("collectstatic stops", 44, message, hint, Path(file.path), line, own=file.own)
                elif target not in seen:
                    seen.add(target)
                    waiting.append((*path, target))


def _is_elsewhere(url: str) -> bool:
    """Return whether a URL needs no file of the site: it is empty, a fragment, data, or on another host."""
    if not url or url.startswith(("#", "//", "?")):
        return True
    return bool(SCHEME.match(url)) and _prefixed(url) is None


def _prefixed(url: str) -> str | None:
    """Return the name of the static file of a hard-coded URL, or None for any other URL."""
    for prefix in static_prefixes():
        if url.startswith(prefix):
            return unquote(urlsplit(url.removeprefix(prefix)).path)
    return None


def _target(name: str, url: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(urlsplit(url).path)))
