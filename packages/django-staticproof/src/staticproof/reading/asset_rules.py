"""The rules for stylesheets and scripts: C1 to C4, J1, J2 and H2."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..findings import Finding, Level
from ..project import static_prefixes
from ..silence import Ignore, in_comments
from . import scripts, stylesheets
from .files import Unreadable, remember
from .index import Index, StaticFile
from .references import Mention, Reference
from .rewriting import hashes_names, keeps_only_hashed_files, rewritten_spans, storage_class
from .suggest import nearest

# Bytes. Installed packages ship whole editors as one minified file: parsing these takes longer than all the rest, for a
# note about something that the site's author cannot change. What the site's pages serve of them is fetched anyway.
THIRD_PARTY_LIMIT = 200_000
SCHEME = re.compile(r"[A-Za-z][\w+.\-]*:")


@dataclass(frozen=True)
class ImportMap:
    """What the import maps of the site's own templates define: bare names (or prefixes that end in a slash) and URLs
    as keys. ``complete`` is false where a map could not be read."""

    names: frozenset[str] = frozenset()
    complete: bool = True

    def defines(self, name: str) -> bool:
        """Whether a module specifier is mapped."""
        return (
            not self.complete
            or name in self.names
            or any(key.endswith("/") and name.startswith(key) for key in self.names)
        )


@dataclass(frozen=True)
class Asset:
    """What was read in one stylesheet or script."""

    mentions: tuple[Mention, ...]
    rewritten: frozenset[Mention]
    ignores: tuple[Ignore, ...]


@dataclass
class Checked:
    """The outcome for all assets: findings, proven references and the ignore comments met."""

    findings: list[Finding]
    references: list[Reference]
    ignores: list[tuple[Path, Ignore]]


def check(index: Index, import_map: ImportMap, *, third_party: bool) -> Checked:
    """Check every stylesheet and script that is collected; those of installed packages only when asked."""
    checked = Checked([], [], [])
    imports: dict[str, list[tuple[str, int]]] = {}
    for file in index.files.values():
        if not (file.own or (third_party and _is_small(file))):
            continue
        if file.name.endswith(".css") and stylesheets.AVAILABLE:
            _check_stylesheet(file, index, checked, imports)
        elif file.name.endswith((".js", ".mjs")) and scripts.AVAILABLE:
            _check_script(file, index, import_map, checked)
    checked.findings += _cycles(imports, index)
    return checked


def _is_small(file: StaticFile) -> bool:
    try:
        return Path(file.path).stat().st_size <= THIRD_PARTY_LIMIT
    except OSError:
        return True


def read_asset(file: StaticFile) -> Asset:
    """What a stylesheet or script refers to, read once for each state of the file.

    Raises:
        Unreadable: see ``files.remember``.
    """
    prefixes = static_prefixes()

    def learn(text: str) -> Asset:
        is_style = file.name.endswith(".css")
        mentions = stylesheets.references(text) if is_style else scripts.references(text, prefixes)
        rewritten: set[Mention] = set()
        if any(mention.kind == "import" for mention in mentions) and not is_style:
            spans = rewritten_spans(file.name, text)
            rewritten = {m for m in mentions if any(start == m.start for start, _ in spans)}
        return Asset(tuple(mentions), frozenset(rewritten), tuple(in_comments(text, file.name)))

    key = ("asset", file.name, prefixes, str(storage_class()))
    return remember(Path(file.path), key, learn, lasting=file.own)


def _read(file: StaticFile, checked: Checked) -> Asset | None:
    try:
        asset = read_asset(file)
    except Unreadable as unreadable:
        number = 44 if unreadable.number == 103 and file.name.endswith(".css") else unreadable.number
        message = f"'{file.name}' {unreadable}"
        hint = "Save it as UTF-8: collectstatic stops here." if number == 44 else ""
        checked.findings.append(_finding(file, None, number, message, hint, unreadable.level))
        return None
    checked.ignores += [(Path(file.path), ignore) for ignore in asset.ignores]
    return asset


def _check_stylesheet(
    file: StaticFile, index: Index, checked: Checked, imports: dict[str, list[tuple[str, int]]]
) -> None:
    asset = _read(file, checked)
    for mention in asset.mentions if asset else ():
        if _is_elsewhere(mention.url):
            continue
        if prefixed := _prefixed(mention.url):
            relative = posixpath.relpath(prefixed, posixpath.dirname(file.name) or ".")
            message = f"'{mention.url}' is a hard-coded static URL."
            checked.findings.append(_finding(file, mention, 22, message, f"Write it relative: url({relative})."))
            continue
        if mention.url.startswith("/"):
            continue  # another URL of the site, not a static file
        target = _target(file.name, mention.url)
        if target not in index.files:
            number = {"image-set": 42, "sourcemap": 43}.get(mention.kind, 41)
            checked.findings.append(_missing(file, mention, number, target, index))
            continue
        checked.references.append(Reference(target, Path(file.path), mention.line))
        if mention.kind == "import":
            imports.setdefault(file.name, []).append((target, mention.line))
        elif mention.kind == "image-set" and hashes_names() and keeps_only_hashed_files():
            message = f"'{mention.url}' exists, but its name is not rewritten here and is gone once names are hashed."
            checked.findings.append(_finding(file, mention, 42, message, f'Write url("{mention.url}").'))


def _check_script(file: StaticFile, index: Index, import_map: ImportMap, checked: Checked) -> None:
    asset = _read(file, checked)
    unmapped: list[Mention] = []
    for mention in asset.mentions if asset else ():
        url = mention.url
        if _is_elsewhere(url):
            continue
        if mention.kind == "literal" or _prefixed(url):
            message = f"'{url}' is a hard-coded static URL: its hashed name is another one."
            hint = "Hand the URL over from the template, in a data attribute or json_script with {% static %}."
            if mention.kind == "import":
                hint = "Import a bare name and map it to {% static %} in an import map of the template."
            checked.findings.append(_finding(file, mention, 22, message, hint))
        elif mention.kind == "sourcemap":
            target = _target(file.name, url)
            if target not in index.files:
                checked.findings.append(_missing(file, mention, 43, target, index))
        elif url.startswith(("./", "../")):
            _check_import(
                file, mention, index, import_map, checked, rewritten=mention in (asset.rewritten if asset else ())
            )
        elif not url.startswith("/") and not import_map.defines(url):
            unmapped.append(mention)
    if unmapped:
        more = f" and {len(unmapped) - 1} more in this file" if len(unmapped) > 1 else ""
        message = (
            f"'{unmapped[0].url}'{more}: a bare module name that no import map in the site's own templates defines."
        )
        level = Level.WARNING  # the map may be made elsewhere, or the file may be for a bundler
        checked.findings.append(_finding(file, unmapped[0], 52, message, "Add it to the import map.", level))


def _check_import(
    file: StaticFile, mention: Mention, index: Index, import_map: ImportMap, checked: Checked, *, rewritten: bool
) -> None:
    target = _target(file.name, mention.url)
    if target not in index.files:
        checked.findings.append(_missing(file, mention, 52, target, index))
        return
    checked.references.append(Reference(target, Path(file.path), mention.line))
    mapped = any(f"{prefix}{target}" in import_map.names for prefix in static_prefixes())
    if not hashes_names() or rewritten or mapped:
        return
    message = f"'{mention.url}' works in development only: the storage does not put the hashed name here."
    hint = f"Import a bare name and map it in an import map to {{% static '{target}' %}}."
    checked.findings.append(_finding(file, mention, 51, message, hint))


def _missing(file: StaticFile, mention: Mention, number: int, target: str, index: Index) -> Finding:
    message = f"'{mention.url}' is no file: '{target}' is in no static folder."
    found = None if mention.kind == "sourcemap" else nearest(target, index)
    if found:
        relative = posixpath.relpath(found, posixpath.dirname(file.name) or ".")
        is_module = mention.kind == "import" and not file.name.endswith(".css")
        hint = f"Did you mean '{relative if relative.startswith('.') or not is_module else f'./{relative}'}'?"
    else:
        hint = "Remove the comment, or add the map." if mention.kind == "sourcemap" else "Add the file."
    return _finding(file, mention, number, message, hint)


def _cycles(imports: dict[str, list[tuple[str, int]]], index: Index) -> Iterator[Finding]:
    """One finding for each cycle of `@import`, at the import that leads back to the first of its files by name."""
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
                    message = f"@import goes round in a circle: {' -> '.join([*path, start])}."
                    mention = Mention("import", target, line)
                    yield _finding(file, mention, 44, message, "Remove one of these imports.")
                elif target not in seen:
                    seen.add(target)
                    waiting.append((*path, target))


def _finding(
    file: StaticFile, mention: Mention | None, number: int, message: str, hint: str, level: Level = Level.ERROR
) -> Finding:
    line = mention.line if mention else None
    return Finding(number, level if file.own else Level.NOTE, message, hint, Path(file.path), line)


def _is_elsewhere(url: str) -> bool:
    """Whether a URL needs no file of ours: empty, a fragment, data, or another host."""
    if not url or url.startswith(("#", "//", "?")):
        return True
    return bool(SCHEME.match(url)) and not _prefixed(url)


def _prefixed(url: str) -> str | None:
    """The name of the static file that a hard-coded URL means, ``None`` for any other URL."""
    for prefix in static_prefixes():
        if url.startswith(prefix):
            return unquote(urlsplit(url.removeprefix(prefix)).path)
    return None


def _target(name: str, url: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(urlsplit(url).path)))
