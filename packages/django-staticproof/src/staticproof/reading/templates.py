"""The templates of the site: where they are, and what each of them says about static files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.template import Engine, Origin, engines
from django.template.backends.django import DjangoTemplates

from ..findings import Finding, Level
from ..project import FOREIGN_FOLDERS, is_own, static_prefixes
from ..silence import Ignore, in_comments
from . import markup, scripts, stylesheets
from .files import remember
from .inline import read_data, read_import_map, shifted
from .markup import Inline, Markup
from .masking import OUTPUT, SILENT, mask
from .memory import engine_fingerprint
from .references import Mention
from .template_parser import Compiled, Fault, compile_template

# What people write as templates; anything else in a template folder is an image, a font or an editor's leftover.
SUFFIXES = {
    *(".html", ".htm", ".xhtml", ".djhtml", ".txt", ".text", ".xml", ".svg", ".js", ".mjs", ".css", ".json", ".mjml"),
    *(".md", ".webmanifest", ".eml", ".subject", ".email", ".rss", ".atom", ".ics"),
}
MARKUP_SUFFIXES = {".html", ".htm", ".xhtml", ".djhtml", ".xml", ".svg", ".mjml", ".md", ".email"}


@dataclass(frozen=True)
class TemplateFile:
    """One template: its name as `{% extends %}` writes it, its file, the engine that loads it, whose it is."""

    name: str
    path: Path
    engine: Engine
    loader: Any
    own: bool

    @property
    def is_markup(self) -> bool:
        """Whether it holds HTML or its like."""
        return self.path.suffix.lower() in MARKUP_SUFFIXES


@dataclass
class TemplateFacts:
    """Everything learned from the text of one template, to be judged against the static files of the day.

    ``styles`` and ``scripts`` are URLs in inline CSS and JavaScript; ``import_map`` holds the keys of its import maps,
    ``None`` where one could not be read. ``before`` and ``after`` give the text next to each static tag by its offset.
    """

    compiled: Compiled
    markup: Markup
    malformed: list[Fault] = field(default_factory=list)
    styles: list[Mention] = field(default_factory=list)
    scripts: list[Mention] = field(default_factory=list)
    import_map: set[str] | None = field(default_factory=set)
    data: list[Mention] = field(default_factory=list)
    before: dict[int, str] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    has_form: bool = False
    ignores: list[Ignore] = field(default_factory=list)

    def in_comment(self, offset: int) -> bool:
        """Whether an offset lies inside an HTML comment."""
        return any(start <= offset < end for start, end in self.markup.comments)


def discover(findings: list[Finding], *, third_party: bool) -> list[TemplateFile]:
    """All templates that the engines of the site can load by name; those of installed packages only when asked.

    Folders that cannot be read and loops of links are added to the findings.
    """
    found: dict[Path, TemplateFile] = {}
    for backend in engines.all():
        if not isinstance(backend, DjangoTemplates):
            continue
        for loader in _loaders(backend.engine.template_loaders):
            for folder in loader.get_dirs() if hasattr(loader, "get_dirs") else ():
                root = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
                own = is_own(root)
                for path, foreign in _walk(root, own, findings) if own or third_party else ():
                    if path not in found and (third_party or not foreign):
                        name = path.relative_to(root).as_posix()
                        found[path] = TemplateFile(name, path, backend.engine, loader, own and not foreign)
    return list(found.values())


def read_template(template: TemplateFile) -> TemplateFacts:
    """What a template says, learned once for each state of its file.

    Raises:
        Unreadable: see ``files.remember``.
    """
    prefixes = static_prefixes()

    def learn(text: str) -> TemplateFacts:
        return _learn(text, template, prefixes)

    key = (
        "template",
        template.name,
        engine_fingerprint(template.engine),
        prefixes,
        stylesheets.AVAILABLE,
        scripts.AVAILABLE,
    )
    return remember(template.path, key, learn, template.engine.file_charset, lasting=template.own)


def _loaders(loaders: list[Any]) -> Iterator[Any]:
    for loader in loaders:
        if inner := getattr(loader, "loaders", None):
            yield from _loaders(inner)
        else:
            yield loader


def _walk(root: Path, own: bool, findings: list[Finding]) -> Iterator[tuple[Path, bool]]:
    waiting: list[tuple[str, bool, tuple[str, ...]]] = [(str(root), False, (os.path.realpath(root),))]
    while waiting:
        folder, foreign, above = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # a template folder that does not exist is no fault
        for entry in entries:
            if _is_folder(entry):
                real = os.path.realpath(entry.path)
                if real in above:
                    message = f"'{entry.name}' links to a folder above it: tools that walk the templates never end."
                    level = Level.WARNING if own else Level.NOTE
                    findings.append(Finding(105, level, message, "Remove the link.", Path(entry.path)))
                elif not entry.name.startswith("."):
                    waiting.append((entry.path, foreign or entry.name in FOREIGN_FOLDERS, (*above, real)))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 - a Path for each costs too much
                yield Path(entry.path), foreign


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself


def _learn(text: str, template: TemplateFile, prefixes: tuple[str, ...]) -> TemplateFacts:
    origin = Origin(str(template.path), template.name, template.loader)
    tokens, compiled = compile_template(text, template.engine, origin)
    facts = TemplateFacts(compiled, Markup(), ignores=list(in_comments(text, "")))
    if not compiled.complete:
        return facts  # one fault at a time: what the parser did not reach is judged once it compiles
    masked, malformed = mask(tokens, text)
    suffix = template.path.suffix.lower()
    if template.is_markup:
        facts.markup = markup.read(masked, prefixes)
        facts.has_form = "<form" in masked
    elif suffix in {".css", ".js", ".mjs"}:
        whole = Inline("style" if suffix == ".css" else "", 1, 0, masked)
        (facts.markup.styles if suffix == ".css" else facts.markup.scripts).append(whole)
    facts.malformed = [Fault(2, line, start, excerpt) for line, start, excerpt in malformed]
    for use in compiled.statics:
        facts.before[use.start] = _before(text, masked, use.start)
        facts.after[use.start] = text[use.end : use.end + 2]
    for name, start in compiled.variables:
        if any(use.variable == name for use in compiled.statics):
            facts.before[start] = _before(text, masked, start)
    for _, end, _ in compiled.prefixes:
        facts.after[end] = text[end : end + 200]
    _read_inline(facts, prefixes)
    return facts


def _before(text: str, masked: str, start: int) -> str:
    """The character before a tag: that of the text, or a mark for another tag that writes or is silent."""
    if start == 0:
        return ""
    character = masked[start - 1]
    closes = text[:start].endswith("%}") and text.rfind("{% end", 0, start) == text.rfind("{%", 0, start)
    return OUTPUT if character == SILENT and closes else character


def _read_inline(facts: TemplateFacts, prefixes: tuple[str, ...]) -> None:
    for style in facts.markup.styles if stylesheets.AVAILABLE else ():
        text = style.text.replace(SILENT, " ")
        facts.styles += shifted(stylesheets.references(text), style)
    for script in facts.markup.scripts:
        if script.kind in markup.DATA_TYPES:
            facts.data += read_data(script, prefixes)
            if script.kind == "importmap" and facts.import_map is not None:
                keys = read_import_map(script)
                facts.import_map = None if keys is None else facts.import_map | keys
        elif scripts.AVAILABLE and script.kind in {*markup.SCRIPT_TYPES, "handler"}:
            text = script.text.replace(SILENT, " ").replace(OUTPUT, "_")
            found = scripts.references(text, prefixes)
            # A URL that a tag writes is none that the author has hard-coded.
            facts.scripts += shifted([m for m in found if script.text[m.start : m.start + 1] != OUTPUT], script)
