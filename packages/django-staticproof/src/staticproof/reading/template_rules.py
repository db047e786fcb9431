"""The rules for templates: T1 to T12, H1 to H3."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from ..findings import Level
from .discovery import TemplateFile
from .mail import without_origin
from .markup import is_asset
from .names import Verdict, displayed, hint_for, judge_hard_coded, path_of, static_name, tag
from .references import OUTPUT, Mention, StaticUse
from .run import Run
from .templates import TemplateFacts, is_mapped

GLUED = re.compile(r"\{\{|[\w\-./]")  # directly after a tag: the tag's path is incomplete
FILE_NAME = re.compile(r"[\w\-.]+\.[A-Za-z]\w*$")  # the last part of a path, with an extension
FOLLOWING = re.compile(r"[^\s\"'<>{}()]*")
SCHEME = re.compile(r"[A-Za-z][\w+.\-]*:")


@dataclass
class TemplateCheck:
    """Check one template. Add the results to ``run``."""

    template: TemplateFile
    facts: TemplateFacts
    run: Run
    import_map: frozenset[str]
    is_mail: bool

    def check(self) -> None:
        """Apply every rule for templates."""
        facts = self.facts
        self._faults()
        for use in facts.statics:
            self._static(use)
        for path, line in facts.called:
            if verdict := self.run.judge(path, self.template.path, line):
                message = f"The tag calls static(): {verdict.message}"
                self._fault(verdict.number, message, verdict.hint, line, verdict.kind)
        if self.is_mail and not urlsplit(settings.STATIC_URL or "").netloc:
            for use in without_origin(facts):
                message = f"'{use.path or use.source}' becomes a URL without a host, which no mail client can load."
                hint = f"Write the origin before it: https://{{{{ domain }}}}{tag(use.path or 'path')}"
                self._fault(12, message, hint, use.line)
        for use in facts.prefixes:
            self._prefix(use)
        for mention in facts.hard_coded:
            self._hard_coded(21, mention, mention.kind)
        for mention in facts.relative:
            self._relative(mention, mention.kind)
        for mention in facts.styles:
            self._inline(mention, "in CSS")
        for mention in facts.scripts:
            self._inline(mention, "in a script")

    def _faults(self) -> None:
        is_reported = False
        for fault in self.facts.faults:
            if fault.number == 1:
                if not is_reported:
                    message = f"{{% {fault.excerpt} %}} is used, but this template does not load it."
                    hint = "Add {% load static %} above it; a parent template's {% load %} does not count."
                    self._fault(1, message, hint, fault.line)
                is_reported = True
            elif fault.number == 2:
                self._fault(2, f"{fault.excerpt} is not a complete tag.", "Write {% static 'path' %}.", fault.line)
            elif fault.number == 3:
                self._unquoted(fault.excerpt, fault.line)
            else:
                # A library that is not registered may be an optional package.
                is_optional = not self.template.is_markup or "is not a registered tag library" in fault.excerpt
                level = Level.WARNING if is_optional else Level.ERROR
                self._add(104, level, f"This template does not compile: {fault.excerpt}", "", fault.line)

    def _static(self, use: StaticUse) -> None:
        if use.path is None:
            if FILE_NAME.match(use.source) and use.source.lower() in self.run.index.by_base_name:
                self._unquoted(use.source, use.line)
            else:
                written = f"{{% static {use.source} %}}" if self.template.engine else f"static({use.source})"
                message = f"{written} uses a variable, so the proof cannot check whether the file exists."
                hint = "Use a constant path, or give a reason: {# staticproof: ignore W009 -- reason #}."
                self._add(9, Level.WARNING, message, hint, use.line)
            return
        glued = use.glued or bool(GLUED.match(use.after))
        verdict = self.run.judge(use.path, self.template.path, use.line, glued=glued)
        if verdict and use.in_comment:
            message = f"{verdict.message} Django renders the tag even inside an HTML comment."
            hint = f"{verdict.hint} To comment a tag out, write {{# #}} around it."
            self._fault(10, message, hint, use.line, "tag needs manifest")
        elif verdict:
            self._fault(verdict.number, verdict.message, verdict.hint, use.line, verdict.kind)

    def _unquoted(self, source: str, line: int) -> None:
        self._fault(3, f"{{% static {source} %}}: the path has no quotes.", self._hint(source), line)

    def _prefix(self, use: StaticUse) -> None:
        before, after, source = use.before[0], use.after, use.source
        if not before.strip() or before == ">":
            return  # the page shows the prefix as text
        path = (FOLLOWING.match(after) or [""])[0]
        files, hint, kind = self.run.index.files, "Write {% static 'path' %} with the whole path.", "hard-coded"
        message = f"{source}{path} is built from parts, so it never becomes the hashed name."
        if path in files:
            hint = f"Write {tag(path)}."
        elif FILE_NAME.search(path) and not GLUED.match(after[len(path) :]):
            message, hint, kind = f"{source}{path} names a missing static file.", self._hint(path), "always"
        elif not path and not GLUED.match(after):
            message = f"{source} passes on the prefix of static files. A hashed name cannot be built from it."
            kind = "folder"
        self._fault(23, message, hint, use.line, kind)

    def _hard_coded(self, number: int, mention: Mention, where: str) -> None:
        verdict = judge_hard_coded(number, mention.url, self.run.index, self._hint(mention.url), f" ({where})")
        self._fault(number, verdict.message, verdict.hint, mention.line, verdict.kind)

    def _relative(self, mention: Mention, where: str) -> None:
        if "{%" in mention.url:
            return  # rule T2 reports a tag that is not closed
        name = posixpath.normpath(path_of(mention.url))
        is_known = name.rpartition("/")[2].lower() in self.run.index.by_base_name
        if name.startswith("/") or (mention.kind.endswith(("<a>", "<iframe>")) and not is_known):
            return  # a page, a download, or a file that a view or the web server may serve
        message = f"'{displayed(mention.url)}' is written without the static tag ({where})"
        message += ", so it is relative to the address of the page"
        if is_known or " " in mention.kind:  # an element that loads the file, or the name of an existing file
            self._fault(11, message, self._hint(mention.url), mention.line)
        else:
            self._add(11, Level.WARNING, f"{message}.", self._hint(mention.url), mention.line)

    def _inline(self, mention: Mention, where: str) -> None:
        url = mention.url
        if static_name(url) is not None:
            self._hard_coded(22, mention, where)
        elif mention.kind == "import" and where == "in a script" and not url.startswith((".", "/", OUTPUT)):
            if not SCHEME.match(url) and not is_mapped(url, self.import_map):
                message = f"'{url}' is a bare module name that no import map in the site's own templates defines."
                self._add(52, Level.WARNING, message, "Add it to the import map.", mention.line)
        elif mention.kind != "sourcemap" and is_asset(url):
            self._relative(mention, where)

    def _hint(self, url: str) -> str:
        if OUTPUT in url:
            return "Build the whole path and give it to the tag, or choose between constant tags with {% if %}."
        name = static_name(url) or path_of(url).lstrip("/")
        return f"Write {tag(name)}." if name in self.run.index.files else hint_for(name, self.run.index)

    def _fault(self, number: int, message: str, hint: str, line: int, kind: str = "always") -> None:
        self.run.fault(Verdict(number, message, hint, kind), self.template.path, line, own=self.template.own)

    def _add(self, number: int, level: Level, message: str, hint: str, line: int) -> None:
        self.run.add(number, level, message, hint, self.template.path, line, own=self.template.own)


def import_map_of(facts: Iterable[TemplateFacts]) -> frozenset[str]:
    """Return the keys of the import maps of all templates, because it is unknown which page uses which script."""
    return frozenset().union(*(fact.import_map for fact in facts))
