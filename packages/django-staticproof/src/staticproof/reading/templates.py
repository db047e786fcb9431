"""Read the references to static files in a template. Read a file again only when it has changed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from django.template import Origin

from ..project import static_prefixes
from ..silence import Ignore, in_comments
from . import markup, memory, scripts, stylesheets
from .discovery import TemplateFile
from .django_reader import read_django
from .jinja_reader import read_jinja
from .markup import Inline
from .references import OUTPUT, SILENT, Compiled, Mention, StaticUse

JSON_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')
ANY = "*"
AFTER = 200  # characters after a tag that the rules look at


@dataclass
class TemplateFacts(Compiled):
    """The tags of a template, and the facts from its text, without a comparison with the existing static files.

    ``hard_coded`` and ``relative`` are URLs in attributes. ``styles`` and ``scripts`` are URLs in inline CSS and
    JavaScript. ``import_map`` contains the keys of the import maps, and ``ANY`` when a map could not be read.
    ``is_page`` is true when the template has a form or a script, which mail clients do not show.
    """

    hard_coded: list[Mention] = field(default_factory=list)
    relative: list[Mention] = field(default_factory=list)
    styles: list[Mention] = field(default_factory=list)
    scripts: list[Mention] = field(default_factory=list)
    import_map: set[str] = field(default_factory=set)
    is_page: bool = False
    ignores: list[Ignore] = field(default_factory=list)


def read_template(template: TemplateFile) -> TemplateFacts:
    """Return the facts of a template. Read the file again only when it has changed.

    Raises:
        Unreadable: see ``memory.remember``.
    """
    prefixes = static_prefixes()
    key = ("template", template.name, prefixes)
    encoding, lasting = (template.engine.file_charset, template.own) if template.engine else ("utf-8", False)
    return memory.remember(template.path, key, lambda text: _facts(text, template, prefixes), encoding, lasting=lasting)


def compiled(text: str, template: TemplateFile) -> Compiled:
    """Return the tags of a text, read as the engine of this template does."""
    if template.engine is None:
        return read_jinja(text, template.environment)
    return read_django(text, template.engine, Origin(str(template.path), template.name))


def is_mapped(name: str, import_map: frozenset[str]) -> bool:
    """Return whether an import map contains a module name, or a prefix of it that ends in a slash."""
    return not import_map.isdisjoint({name, ANY}) or any(
        key.endswith("/") and name.startswith(key) for key in import_map
    )


def _facts(text: str, template: TemplateFile, prefixes: tuple[str, ...]) -> TemplateFacts:
    tags = compiled(text, template)
    masked = tags.masked
    suffix = template.path.suffix.lower()
    found = markup.Markup()
    if template.is_markup:
        found = markup.read(masked, prefixes)
    elif suffix in {".css", ".js", ".mjs"}:
        (found.styles if suffix == ".css" else found.scripts).append(Inline("", 1, masked))

    def commented(offset: int) -> bool:
        return any(start <= offset < end for start, end in found.comments)

    def placed(use: StaticUse) -> StaticUse:
        starts = [use.start]
        if use.variable is not None:
            starts = [start for name, start in tags.variables if name == use.variable]
        before = tuple(_before(text, masked, start) for start in starts)
        return replace(use, before=before, after=text[use.end : use.end + AFTER], in_comment=commented(use.start))

    facts = TemplateFacts(**vars(tags))
    facts.masked, facts.variables = "", []  # not needed again
    facts.statics = [placed(use) for use in tags.statics]
    facts.prefixes = [placed(use) for use in tags.prefixes]
    facts.faults = [fault for fault in tags.faults if fault.number != 2 or not commented(fault.start)]
    facts.hard_coded, facts.relative = found.hard_coded, found.relative
    facts.is_page = template.is_markup and ("<form" in masked or "<script" in masked)
    facts.ignores = list(in_comments(text))
    for style in found.styles:
        facts.styles += _shifted(stylesheets.references(style.text.replace(SILENT, " ")), style)
    for script in found.scripts:
        _read_script(script, facts, prefixes)
    if tags.parents or "importmap" in masked:  # a child template may fill a block of its parent's import map
        facts.import_map |= {key[1].strip(SILENT) for key in JSON_TEXT.finditer(masked) if key[2]}
    return facts


def _before(text: str, masked: str, start: int) -> str:
    """Return the character before a tag, or the OUTPUT or SILENT mark when another tag is there."""
    if start <= 0:
        return ""
    character = masked[start - 1]
    closes = text[:start].endswith("%}") and text.rfind("{% end", 0, start) == text.rfind("{%", 0, start)
    return OUTPUT if character == SILENT and closes else character


def _shifted(mentions: list[Mention], inline: Inline) -> list[Mention]:
    """Return the mentions of an inline block with the line numbers of the whole template."""
    return [replace(mention, line=mention.line + inline.line - 1) for mention in mentions]


def _read_script(script: Inline, facts: TemplateFacts, prefixes: tuple[str, ...]) -> None:
    text = script.text.replace(SILENT, " ").replace(OUTPUT, "_")
    if script.kind in {*markup.SCRIPT_TYPES, "handler"}:
        found = scripts.references(text, prefixes)
        # A URL that begins with a tag is not hard-coded.
        facts.scripts += _shifted([m for m in found if script.text[m.start : m.start + 1] != OUTPUT], script)
    elif script.kind in markup.DATA_TYPES:
        facts.scripts += _read_data(script, prefixes)
        if script.kind == "importmap":
            try:
                json.loads(text)
            except ValueError:
                facts.import_map.add(ANY)  # template logic produces the JSON


def _read_data(script: Inline, prefixes: tuple[str, ...]) -> list[Mention]:
    """Return the hard-coded static URLs in the values of a JSON block. In an import map, return relative URLs, too."""
    found: list[Mention] = []
    for text in JSON_TEXT.finditer(script.text):
        value, is_key = text[1].strip(SILENT), bool(text[2])
        if is_key:
            continue  # an import map may map the plain URL to the hashed URL
        line = script.line + script.text.count("\n", 0, text.start())
        if value.startswith(prefixes):
            found.append(Mention("literal", value, line))
        elif script.kind == "importmap" and value.startswith(("./", "../", "/")) and markup.is_asset(value):
            found.append(Mention("relative", value, line))
    return found
