"""Read the references to static files in a template. Read a file again only when it has changed."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.template import Origin

from ..project import static_prefixes
from ..silence import Ignore, in_comments
from . import markup, scripts, stylesheets
from .discovery import TemplateFile, discover
from .files import remember
from .inline import read_data, read_import_map, shifted
from .jinja_reader import compile_jinja
from .markup import Inline, Markup
from .masking import OUTPUT, SILENT, mask
from .memory import engine_fingerprint
from .references import Mention
from .template_parser import Compiled, Fault, compile_template

BLOCK = re.compile(r"\{%-?\s*block\s+[\w\-]+\s*-?%\}(.*?)\{%-?\s*endblock\b", re.DOTALL)
__all__ = ["TemplateFacts", "TemplateFile", "discover", "read_template"]


@dataclass
class TemplateFacts:
    """The facts from the text of one template, without a comparison with the existing static files.

    ``styles`` and ``scripts`` are URLs in inline CSS and JavaScript. ``import_map`` contains the keys of the import
    maps, or is None when a map could not be read. ``before`` and ``after`` contain the text next to each static tag by
    its offset. ``is_page`` is true when the template has a form or a script, which mail clients do not show.
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
    is_page: bool = False
    ignores: list[Ignore] = field(default_factory=list)

    def in_comment(self, offset: int) -> bool:
        """Return whether an offset lies inside an HTML comment."""
        return any(start <= offset < end for start, end in self.markup.comments)


def read_template(template: TemplateFile) -> TemplateFacts:
    """Return the facts of a template. Read the file again only when it has changed.

    Raises:
        Unreadable: see ``files.remember``.
    """
    prefixes = static_prefixes()

    def learn(text: str) -> TemplateFacts:
        return _learn(text, template, prefixes)

    if template.engine is None:
        # The extensions of a Jinja2 environment have no fingerprint, so do not save the facts for the next process.
        return remember(template.path, ("jinja", template.name, prefixes), learn, lasting=False)
    key = ("template", template.name, engine_fingerprint(template.engine), prefixes)
    return remember(template.path, key, learn, template.engine.file_charset, lasting=template.own)


def _learn(text: str, template: TemplateFile, prefixes: tuple[str, ...]) -> TemplateFacts:
    compiled, masked, malformed = _compile(text, template)
    facts = TemplateFacts(compiled, Markup(), ignores=list(in_comments(text, "")))
    if not compiled.complete:
        return facts  # the other faults are found when the template compiles
    suffix = template.path.suffix.lower()
    if template.is_markup:
        facts.markup = markup.read(masked, prefixes)
        facts.is_page = "<form" in masked or "<script" in masked
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
    for _, start, end, _ in compiled.prefixes:
        facts.before[start] = _before(text, masked, start)
        facts.after[start] = text[end : end + 200]
    _read_inline(facts, prefixes)
    if compiled.parents and facts.import_map is not None:
        facts.import_map = facts.import_map | _blocks_of_import_map(text, masked)
    return facts


def _blocks_of_import_map(text: str, masked: str) -> set[str]:
    """Return the keys that the blocks of a child template add to the JSON object of its parent's import map."""
    keys: set[str] = set()
    for block in BLOCK.finditer(text):
        members = masked[block.start(1) : block.end(1)].replace(SILENT, " ").replace(OUTPUT, "_").strip().rstrip(",")
        if members.startswith('"'):
            with contextlib.suppress(ValueError):
                found = json.loads(f"{{{members}}}")
                keys |= {key for key, value in found.items() if isinstance(value, str)}
    return keys


def _compile(text: str, template: TemplateFile) -> tuple[Compiled, str, list[tuple[int, int, str]]]:
    if template.engine is None:
        return compile_jinja(text, template.environment)
    origin: Any = Origin(str(template.path), template.name, template.loader)
    tokens, compiled = compile_template(text, template.engine, origin)
    return (compiled, *mask(tokens, text)) if compiled.complete else (compiled, "", [])


def _before(text: str, masked: str, start: int) -> str:
    """Return the character before a tag, or the OUTPUT or SILENT mark when another tag is there."""
    if start <= 0:
        return ""
    character = masked[start - 1]
    closes = text[:start].endswith("%}") and text.rfind("{% end", 0, start) == text.rfind("{%", 0, start)
    return OUTPUT if character == SILENT and closes else character


def _read_inline(facts: TemplateFacts, prefixes: tuple[str, ...]) -> None:
    for style in facts.markup.styles:
        text = style.text.replace(SILENT, " ")
        facts.styles += shifted(stylesheets.references(text), style)
    for script in facts.markup.scripts:
        if script.kind in markup.DATA_TYPES:
            facts.data += read_data(script, prefixes)
            if script.kind == "importmap" and facts.import_map is not None:
                keys = read_import_map(script)
                facts.import_map = None if keys is None else facts.import_map | keys
        elif script.kind in {*markup.SCRIPT_TYPES, "handler"}:
            text = script.text.replace(SILENT, " ").replace(OUTPUT, "_")
            found = scripts.references(text, prefixes)
            # A URL that begins with a tag is not hard-coded.
            facts.scripts += shifted([m for m in found if script.text[m.start : m.start + 1] != OUTPUT], script)
