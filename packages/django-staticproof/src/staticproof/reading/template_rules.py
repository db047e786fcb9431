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
from .asset_rules import ImportMap
from .index import Index
from .mail import without_origin
from .markup import is_asset
from .masking import OUTPUT
from .names import Verdict, hint_for, judge, tag
from .names import resolve as resolve_name
from .references import Mention, Reference
from .template_parser import Fault, StaticUse
from .templates import TemplateFacts, TemplateFile

GLUED = re.compile(r"\{\{|[\w\-./]")  # what makes a name only the beginning of a path when it follows directly
FILE_NAME = re.compile(r"[\w\-.]+\.[A-Za-z]\w*$")
FOLLOWING = re.compile(r"[^\s\"'<>{}()]*")


@dataclass
class TemplateCheck:
    """Judges one template; ``findings`` and ``references`` collect the outcome, ``unproven`` counts variables."""

    template: TemplateFile
    facts: TemplateFacts
    index: Index
    import_map: ImportMap
    is_mail: bool
    findings: list[Finding]
    references: list[Reference]

    def run(self) -> None:
        """Apply every rule for templates."""
        self._faults()
        for use in self.facts.compiled.statics:
            self._static(use)
        if self.is_mail and not urlsplit(settings.STATIC_URL or "").netloc:
            for use in without_origin(self.facts):
                message = f"'{use.path or use.source}' becomes a URL without a host, which no mail client can load."
                self._add(
                    12,
                    message,
                    f"Write the origin before it: https://{{{{ domain }}}}{tag(use.path or 'path')}",
                    use.line,
                )
        for line, end, source in self.facts.compiled.prefixes:
            self._prefix(line, source, self.facts.after.get(end, ""))
        for mention in self.facts.markup.hard_coded:
            message = f"'{_shown(mention.url)}' is a hard-coded static URL ({_element(mention.kind)})."
            self._add(21, message, self._tag_hint(mention.url), mention.line)
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
                    self._add(1, message, hint, fault.line)
                not_loaded = True
            elif fault.number == 2:
                if not self.facts.in_comment(fault.start):
                    self._add(2, f"{fault.excerpt} is not a complete tag.", "Write {% static 'path' %}.", fault.line)
            elif fault.number == 3:
                self._unquoted(fault.excerpt, fault.line)
            else:
                self._syntax(fault)

    def _syntax(self, fault: Fault) -> None:
        level = Level.ERROR if self.template.is_markup and self.template.path.suffix != ".md" else Level.WARNING
        message = f"This template does not compile, so nothing in it is proven: {fault.excerpt}"
        self._add(104, message, "", fault.line, level)

    def _static(self, use: StaticUse) -> None:
        if use.path is None:
            if FILE_NAME.match(use.source) and use.source.lower() in self.index.by_base_name:
                self._unquoted(use.source, use.line)
            else:
                message = f"{{% static {use.source} %}} takes a variable: whether its file exists cannot be proven."
                hint = "Use a constant path, or say why it is right: {# staticproof: ignore W009 -- reason #}."
                self._add(9, message, hint, use.line, Level.WARNING)
            return
        glued = bool(GLUED.match(self.facts.after.get(use.start, "")))
        verdict = judge(use.path, self.index, glued=glued)
        if verdict is None:
            name = resolve_name(use.path, self.index) or use.path
            self.references.append(Reference(name, self.template.path, use.line))
            return
        if self.facts.in_comment(use.start):
            message = f"{verdict.message} The HTML comment around it does not keep Django from rendering the tag."
            verdict = Verdict(10, message, f"{verdict.hint} To comment a tag out, write {{# #}} around it.")
        self._add(verdict.number, verdict.message, verdict.hint, use.line)

    def _unquoted(self, source: str, line: int) -> None:
        hint = f"Write {tag(source)}." if source in self.index.files else hint_for(source, self.index)
        self._add(3, f"{{% static {source} %}}: the path has no quotes.", hint, line)

    def _prefix(self, line: int, source: str, after: str) -> None:
        path = (FOLLOWING.match(after) or [""])[0]
        hint = f"Write {tag(path)}." if path in self.index.files else "Write {% static 'path' %} with the whole path."
        message = f"{source}{path} is glued together: once names are hashed, there is no such URL."
        self._add(23, message, hint, line)

    def _relative(self, mention: Mention, where: str) -> None:
        if "{%" in mention.url:
            return  # a tag that is never closed, of which rule T2 speaks
        path = unquote(re.split("[?#]", mention.url, maxsplit=1)[0])
        name = posixpath.normpath(path).lstrip("/")
        base = name.rpartition("/")[2].lower()
        if path.startswith("/"):
            if name not in self.index.files or self._is_served_elsewhere(path):
                return
        elif mention.kind.startswith(("a ", "iframe ")) and base not in self.index.by_base_name:
            return  # a link to a page or a download of another kind
        message = f"'{_shown(mention.url)}' is written without the static tag ({where})."
        self._add(11, message, self._tag_hint(mention.url), mention.line)

    def _inline(self, mention: Mention, where: str) -> None:
        url = mention.url
        if url.startswith(static_prefixes()):
            message = f"'{_shown(url)}' is a hard-coded static URL ({where})."
            self._add(22, message, self._tag_hint(url), mention.line)
        elif mention.kind == "sourcemap" or url.startswith(OUTPUT):
            return
        elif mention.kind == "import" and where == "in a script" and not url.startswith((".", "/")):
            if re.match(r"[A-Za-z][\w+.\-]*:", url) or self.import_map.defines(url):
                return
            message = f"'{url}' is a bare module name that no import map in the site's own templates defines."
            self._add(52, message, "Add it to the import map.", mention.line, Level.WARNING)
        elif is_asset(url):
            self._relative(mention, where)

    def _is_served_elsewhere(self, path: str) -> bool:
        """Whether a URL without the static prefix is answered by a view, or by WhiteNoise from its root folder."""
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
        for prefix in static_prefixes():
            url = url.removeprefix(prefix)
        if OUTPUT in url:
            return "Build the whole path and give it to the tag, or choose between constant tags with {% if %}."
        name = unquote(re.split("[?#]", url, maxsplit=1)[0]).lstrip("/")
        return f"Write {tag(name)}." if name in self.index.files else hint_for(name, self.index)

    def _add(self, number: int, message: str, hint: str, line: int, level: Level = Level.ERROR) -> None:
        level = level if self.template.own else Level.NOTE
        self.findings.append(Finding(number, level, message, hint, self.template.path, line))


def import_map_of(facts: Iterable[TemplateFacts]) -> ImportMap:
    """The import maps of all templates as one: which page uses which script is not known."""
    names: set[str] = set()
    complete = True
    for fact in facts:
        if fact.import_map is None:
            complete = False
        else:
            names |= fact.import_map
    return ImportMap(frozenset(names), complete)


def unproven(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings that say that something cannot be proven, rather than that it is wrong."""
    return (finding for finding in findings if finding.number in {9, 102, 108})


def _element(kind: str) -> str:
    tag_name, _, attribute = kind.partition(" ")
    return f"{attribute} of <{tag_name}>" if attribute else kind


def _shown(url: str) -> str:
    return re.sub(f"{OUTPUT}+", "...", url)
