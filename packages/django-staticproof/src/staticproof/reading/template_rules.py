"""The rules for templates: T1 to T12, H1 to H3."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from ..findings import Finding, Level
from ..project import static_prefixes
from .assets import ImportMap
from .contract import finding
from .index import Index
from .mail import without_origin
from .markup import is_asset
from .masking import OUTPUT
from .names import Verdict, hint_for, judge, tag
from .names import resolve as resolve_name
from .references import Mention, Reference
from .template_parser import StaticUse
from .templates import TemplateFacts, TemplateFile

GLUED = re.compile(r"\{\{|[\w\-./]")  # directly after a tag: the tag's path is incomplete
FILE_NAME = re.compile(r"[\w\-.]+\.[A-Za-z]\w*$")  # the last part of a path, with an extension
FOLLOWING = re.compile(r"[^\s\"'<>{}()]*")


@dataclass
class TemplateCheck:
    """Check one template. Add the results to ``findings`` and ``references``."""

    template: TemplateFile
    facts: TemplateFacts
    index: Index
    import_map: ImportMap
    is_mail: bool
    findings: list[Finding]
    references: list[Reference]

    def run(self) -> None:
        """Apply every rule for templates."""
        compiled = self.facts.compiled
        self._faults()
        for use in compiled.statics:
            self._static(use)
        for path, line in compiled.called:
            self._called(path, line)
        if self.is_mail and not urlsplit(settings.STATIC_URL or "").netloc:
            for use in without_origin(self.facts):
                message = f"'{use.path or use.source}' becomes a URL without a host, which no mail client can load."
                hint = f"Write the origin before it: https://{{{{ domain }}}}{tag(use.path or 'path')}"
                self._add("always", 12, message, hint, use.line)
        for line, start, _, source in compiled.prefixes:
            self._prefix(line, source, self.facts.before.get(start, ""), self.facts.after.get(start, ""))
        for mention in self.facts.markup.hard_coded:
            self._hard_coded(21, mention, _element(mention.kind))
        for mention in self.facts.markup.relative:
            self._relative(mention, _element(mention.kind))
        for mention in self.facts.styles:
            self._inline(mention, "in CSS")
        for mention in (*self.facts.scripts, *self.facts.data):
            self._inline(mention, "in a script")

    def _faults(self) -> None:
        not_loaded = False
        for fault in (*self.facts.compiled.faults, *self.facts.malformed):
            if fault.number == 1:
                if not not_loaded:
                    message = f"{{% {fault.excerpt} %}} is used, but this template does not load it."
                    hint = "Add {% load static %} above it; a parent template's {% load %} does not count."
                    self._add("always", 1, message, hint, fault.line)
                not_loaded = True
            elif fault.number == 2:
                if not self.facts.in_comment(fault.start):
                    message = f"{fault.excerpt} is not a complete tag."
                    self._add("always", 2, message, "Write {% static 'path' %}.", fault.line)
            elif fault.number == 3:
                self._unquoted(fault.excerpt, fault.line)
            else:
                # A library that is not registered may be an optional package.
                is_optional = not self.template.is_markup or "is not a registered tag library" in fault.excerpt
                level = Level.WARNING if is_optional else Level.ERROR
                message = f"This template does not compile, so nothing in it is proven: {fault.excerpt}"
                self._add_at(104, level, message, "", fault.line)

    def _static(self, use: StaticUse) -> None:
        if use.path is None:
            if FILE_NAME.match(use.source) and use.source.lower() in self.index.by_base_name:
                self._unquoted(use.source, use.line)
            else:
                written = f"{{% static {use.source} %}}" if self.template.engine else f"static({use.source})"
                message = f"{written} uses a variable, so the proof cannot check whether the file exists."
                hint = "Use a constant path, or give a reason: {# staticproof: ignore W009 -- reason #}."
                self._add_at(9, Level.WARNING, message, hint, use.line)
            return
        glued = use.glued or bool(GLUED.match(self.facts.after.get(use.start, "")))
        verdict = judge(use.path, self.index, glued=glued)
        if verdict is None:
            name = resolve_name(use.path, self.index) or use.path
            self.references.append(Reference(name, self.template.path, use.line))
            return
        if self.facts.in_comment(use.start):
            message = f"{verdict.message} Django renders the tag even inside an HTML comment."
            hint = f"{verdict.hint} To comment a tag out, write {{# #}} around it."
            verdict = Verdict(10, message, hint, "tag needs manifest")
        self._add(verdict.kind, verdict.number, verdict.message, verdict.hint, use.line)

    def _called(self, path: str, line: int) -> None:
        """Check a path that the function of a custom tag passes to `static()`."""
        if verdict := judge(path, self.index):
            message = f"The tag calls static(): {verdict.message}"
            self._add(verdict.kind, verdict.number, message, verdict.hint, line)
        else:
            self.references.append(Reference(resolve_name(path, self.index) or path, self.template.path, line))

    def _unquoted(self, source: str, line: int) -> None:
        hint = f"Write {tag(source)}." if source in self.index.files else hint_for(source, self.index)
        self._add("always", 3, f"{{% static {source} %}}: the path has no quotes.", hint, line)

    def _prefix(self, line: int, source: str, before: str, after: str) -> None:
        if not before.strip() or before == ">":
            return  # the page shows the prefix as text
        path = (FOLLOWING.match(after) or [""])[0]
        hint = f"Write {tag(path)}." if path in self.index.files else "Write {% static 'path' %} with the whole path."
        if path or GLUED.match(after):
            is_whole = FILE_NAME.search(path) and not GLUED.match(after[len(path) :])
            kind = "always" if is_whole and path not in self.index.files else "hard-coded"
            message = f"{source}{path} is built from parts, so it never becomes the hashed name."
            if kind == "always":
                message = f"{source}{path} names a file that is in no static folder."
                hint = hint_for(path, self.index)
            self._add(kind, 23, message, hint, line)
        else:
            message = f"{source} passes on the prefix of static files. A hashed name cannot be built from it."
            self._add("folder", 23, message, hint, line)

    def _hard_coded(self, number: int, mention: Mention, where: str) -> None:
        url = mention.url
        name = _name(url)
        message = f"'{_shown(url)}' is a hard-coded static URL ({where})."
        kind = "hard-coded"
        if OUTPUT not in url and name not in self.index.files and FILE_NAME.search(name):
            kind = "always"
            message = f"'{_shown(url)}' is a hard-coded URL of a static file that does not exist ({where})."
        self._add(kind, number, message, self._tag_hint(url), mention.line)

    def _relative(self, mention: Mention, where: str) -> None:
        if "{%" in mention.url:
            return  # rule T2 reports a tag that is not closed
        path = unquote(re.split("[?#]", mention.url, maxsplit=1)[0])
        name = posixpath.normpath(path).lstrip("/")
        is_known = name.rpartition("/")[2].lower() in self.index.by_base_name
        if path.startswith("/"):
            if name not in self.index.files or self._is_served_elsewhere(path):
                return
        elif mention.kind.startswith(("a ", "iframe ")) and not is_known:
            return  # a link to a page or a download of another kind
        message = f"'{_shown(mention.url)}' is written without the static tag ({where})"
        message += ", so it is relative to the address of the page." if not path.startswith("/") else "."
        if is_known or " " in mention.kind:  # an element that loads the file, or the name of an existing file
            self._add("always", 11, message, self._tag_hint(mention.url), mention.line)
        else:
            self._add_at(11, Level.WARNING, message, self._tag_hint(mention.url), mention.line)

    def _inline(self, mention: Mention, where: str) -> None:
        url = mention.url
        if url.startswith(static_prefixes()):
            self._hard_coded(22, mention, where)
        elif mention.kind == "sourcemap" or url.startswith(OUTPUT):
            return
        elif mention.kind == "import" and where == "in a script" and not url.startswith((".", "/")):
            if re.match(r"[A-Za-z][\w+.\-]*:", url) or self.import_map.defines(url):
                return
            message = f"'{url}' is a bare module name that no import map in the site's own templates defines."
            self._add_at(52, Level.WARNING, message, "Add it to the import map.", mention.line)
        elif is_asset(url):
            self._relative(mention, where)

    def _is_served_elsewhere(self, path: str) -> bool:
        """Return whether a view, MEDIA_URL or WhiteNoise's root folder serves a URL without the static prefix."""
        root = getattr(settings, "WHITENOISE_ROOT", None)
        if root and (Path(root) / path.lstrip("/")).is_file():
            return True
        if settings.MEDIA_URL.strip("/") and path.startswith(settings.MEDIA_URL):
            return True
        try:
            resolve(path)
        except Resolver404:
            return False
        except Exception:  # noqa: BLE001 - the site's own URL configuration is imported here
            return True
        return True

    def _tag_hint(self, url: str) -> str:
        name = _name(url)
        if OUTPUT in name:
            return "Build the whole path and give it to the tag, or choose between constant tags with {% if %}."
        return f"Write {tag(name)}." if name in self.index.files else hint_for(name, self.index)

    def _add(self, kind: str, number: int, message: str, hint: str, line: int) -> None:
        self.findings += finding(kind, number, message, hint, self.template.path, line, own=self.template.own)

    def _add_at(self, number: int, level: Level, message: str, hint: str, line: int) -> None:
        level = level if self.template.own else Level.NOTE
        self.findings.append(Finding(number, level, message, hint, self.template.path, line))


def import_map_of(facts: Iterable[TemplateFacts]) -> ImportMap:
    """Return one import map with the keys of all templates, because it is unknown which page uses which script."""
    names: set[str] = set()
    complete = True
    for fact in facts:
        if fact.import_map is None:
            complete = False
        else:
            names |= fact.import_map
    return ImportMap(frozenset(names), complete)


def unproven(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings about references that cannot be proven."""
    return (found for found in findings if found.number in {9, 102})


def _name(url: str) -> str:
    """Return the path of a static file that a URL means, without the static prefix and the query."""
    for prefix in static_prefixes():
        url = url.removeprefix(prefix)
    return unquote(re.split("[?#]", url, maxsplit=1)[0]).lstrip("/")


def _element(kind: str) -> str:
    tag_name, _, attribute = kind.partition(" ")
    return f"{attribute} of <{tag_name}>" if attribute else kind


def _shown(url: str) -> str:
    return re.sub(f"{OUTPUT}+", "...", url)
