"""The rules for stylesheets and scripts: C1 to C4, J1, J2 and H2."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..findings import Level
from ..project import static_prefixes
from .assets import Asset, is_read, read_asset
from .bundles import bundle_folders, bundle_of, is_bundler_source
from .index import StaticFile
from .memory import Unreadable
from .names import COMPUTED, Verdict, judge_hard_coded, nearest, path_of, static_name
from .references import Mention
from .run import Run
from .templates import is_mapped

SCHEME = re.compile(r"[A-Za-z][\w+.\-]*:")
OF_BUNDLE = {  # hints for a whole bundle, because the bundler's settings are the one cause
    51: "Keep the bundler's own hashed names: exclude this folder from hashing, or load one file without imports.",
    22: "Set the bundler's public path so that URLs are relative (Vite: base './').",
    43: "Let the bundler write the maps, or remove the comments.",
}
Problem = tuple[Mention, Verdict]


def check(run: Run, import_map: frozenset[str], *, third_party: bool) -> None:
    """Check every collected stylesheet and script. Include installed packages when ``third_party`` is true."""
    bundles = bundle_folders(run.index)
    in_bundles: dict[tuple[str, int, str], list[tuple[StaticFile, Problem]]] = {}
    imports: dict[str, list[tuple[str, int]]] = {}
    for file in run.index.files.values():
        if not is_read(file, third_party=third_party) or (asset := _read(file, run)) is None or not asset.mentions:
            continue
        check = _Check(file, asset, run, import_map)
        bundle = bundle_of(file.name, bundles)
        for mention, verdict in check.problems():
            if bundle is not None:
                in_bundles.setdefault((bundle, verdict.number, verdict.kind), []).append((file, (mention, verdict)))
            else:
                own = file.own and not (asset.vendored and verdict.number in {22, 52})  # nobody edits a library
                run.fault(verdict, Path(file.path), mention.line, own=own)
        imports[file.name] = check.imports
    for (bundle, number, _), found in in_bundles.items():
        file, (mention, verdict) = found[0]
        message = verdict.message
        if len(found) > 1:
            files = len({file.name for file, _ in found})
            all_of_them = f"{len(found)} such references in {files} files of the bundle '{bundle}/'"
            message = f"{message.removesuffix('.')}; {all_of_them}."
        verdict = replace(verdict, message=message, hint=OF_BUNDLE.get(number, verdict.hint))
        run.fault(verdict, Path(file.path), mention.line, own=file.own)
    _cycles(imports, run)


def _read(file: StaticFile, run: Run) -> Asset | None:
    path = Path(file.path)
    try:
        asset = read_asset(file)
    except Unreadable as unreadable:
        message = f"'{file.name}' {unreadable}"
        if unreadable.number == 103 and file.name.endswith(".css"):
            hint = "Save it as UTF-8: collectstatic stops here."
            run.fault(Verdict(44, message, hint, "collectstatic stops"), path, own=file.own)
        else:
            run.add(unreadable.number, unreadable.level, message, "", path, own=file.own)
        return None
    run.ignores += [(path, ignore) for ignore in asset.ignores]
    return asset


@dataclass
class _Check:
    """Check one stylesheet or script. ``imports`` are the names that it imports, with their lines."""

    file: StaticFile
    asset: Asset
    run: Run
    import_map: frozenset[str]
    imports: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = Path(self.file.path)

    def problems(self) -> list[Problem]:
        mentions = [mention for mention in self.asset.mentions if not _is_elsewhere(mention.url)]
        judge = self._in_stylesheet
        if not self.file.name.endswith(".css"):
            judge = self._in_script
            modules = [(mention.url, self._target(mention)) for mention in mentions if mention.kind == "import"]
            if is_bundler_source(modules, self.run.index):
                mentions = [mention for mention in mentions if mention.kind == "literal"]
            self._bare_names(mentions)
        return [(mention, verdict) for mention in mentions if (verdict := judge(mention))]

    def _in_stylesheet(self, mention: Mention) -> Verdict | None:
        url, files = mention.url, self.run.index.files
        prefixed = static_name(url)
        if COMPUTED.search(url) or (url.startswith("/") and prefixed is None):
            return None  # another URL of the site, not a static file
        target = self._target(mention)
        if target not in files:
            if target.rstrip("/") in self.run.index.folders or target in {"", "."}:
                return None
            return self._missing(mention, {"image-set": 42, "sourcemap": 43}.get(mention.kind, 41), target)
        self.run.refer(target, self.path, mention.line)
        if mention.kind == "import":
            self.imports.append((target, mention.line))
        if prefixed is not None:
            rewritten = mention in self.asset.rewritten
            why = "; collectstatic replaces it, as long as STATIC_URL stays the same" if rewritten else ""
            hint = f"Write it relative: url({self._relative(target)})."
            kind = "rewritten" if rewritten else "hard-coded"
            return Verdict(22, f"'{url}' is a hard-coded static URL{why}.", hint, kind)
        if mention.kind == "image-set":
            message = f"'{url}' exists, but the storage does not write its hashed name here."
            return Verdict(42, message, f'Write url("{url}").', "not rewritten")
        return None

    def _in_script(self, mention: Mention) -> Verdict | None:
        url, kind = mention.url, mention.kind
        if kind == "literal" or static_name(url) is not None:
            hint = "Pass the URL from the template, in a data attribute or json_script with {% static %}."
            if kind == "import":
                hint = "Import a bare name and map it to {% static %} in an import map of the template."
            return judge_hard_coded(22, url, self.run.index, hint)
        target = self._target(mention)
        is_missing = target not in self.run.index.files
        if kind == "sourcemap":
            return self._missing(mention, 43, target) if is_missing else None
        if kind == "import" and not url.startswith(("./", "../")):
            return None
        if is_missing:
            return self._missing(mention, 52, target)
        self.run.refer(target, self.path, mention.line)
        if mention in self.asset.rewritten or any(f"{p}{target}" in self.import_map for p in static_prefixes()):
            return None
        message = f"'{url}' loads the file under its plain name. The storage does not write the hashed name here."
        hint = f"Import a bare name and map it in an import map to {{% static '{target}' %}}."
        return Verdict(51, message, hint, "not rewritten")

    def _bare_names(self, mentions: list[Mention]) -> None:
        unmapped = [
            mention
            for mention in mentions
            if mention.kind == "import"
            and mention.url[0] not in "./"
            and static_name(mention.url) is None
            and not is_mapped(mention.url, self.import_map)
        ]
        if not unmapped or self.asset.vendored:
            return
        more = f" and {len(unmapped) - 1} more in this file" if len(unmapped) > 1 else ""
        message = (
            f"'{unmapped[0].url}'{more}: a bare module name that no import map in the site's own templates defines."
        )
        self.run.add(
            52, Level.WARNING, message, "Add it to the import map.", self.path, unmapped[0].line, own=self.file.own
        )

    def _missing(self, mention: Mention, number: int, target: str) -> Verdict:
        found = None if number == 43 else nearest(target, self.run.index)
        hint = "Remove the comment, or add the map." if number == 43 else "Add the file."
        if found:
            relative = self._relative(found)
            is_module = number == 52 and not relative.startswith(".")
            hint = f"Did you mean '{'./' if is_module else ''}{relative}'?"
        # A missing module stops the script. A missing source map is harmless, unless collectstatic looks for it.
        kind = "always" if number == 52 else "collectstatic stops"
        if number == 43 and mention not in self.asset.rewritten:
            kind = "harmless"
        return Verdict(number, f"'{mention.url}' does not exist: '{target}' is in no static folder.", hint, kind)

    def _target(self, mention: Mention) -> str:
        prefixed = static_name(mention.url)
        if prefixed is not None:
            return prefixed
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.file.name), path_of(mention.url)))

    def _relative(self, name: str) -> str:
        return posixpath.relpath(name, posixpath.dirname(self.file.name) or ".")


def _cycles(imports: dict[str, list[tuple[str, int]]], run: Run) -> None:
    """Report each cycle of `@import` once, at the import of the file that comes first in the alphabet."""
    reported: set[frozenset[str]] = set()
    for start in sorted(imports):
        waiting: list[tuple[str, ...]] = [(start,)]
        seen: set[str] = set()
        while waiting:
            path = waiting.pop()
            for target, line in imports.get(path[-1], ()):
                if target == start and frozenset(path) not in reported and min(path) == start:
                    reported.add(frozenset(path))
                    file = run.index.files[path[-1]]
                    message = f"These @import rules form a cycle: {' -> '.join([*path, start])}."
                    verdict = Verdict(44, message, "Remove one of these imports.", "collectstatic stops")
                    run.fault(verdict, Path(file.path), line, own=file.own)
                elif target not in seen:
                    seen.add(target)
                    waiting.append((*path, target))


def _is_elsewhere(url: str) -> bool:
    """Return whether a URL needs no file of the site: it is empty, a fragment, data, or on another host."""
    if not url or url.startswith(("#", "//", "?")):
        return True
    return bool(SCHEME.match(url)) and static_name(url) is None
