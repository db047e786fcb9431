"""Read the tags of a Django template that refer to static files.

The template is read tag by tag, with the tag libraries that it loads. Compiled nodes would not do: a third-party tag
may keep its contents in a private attribute, and Django stops at the first broken tag.
"""

from __future__ import annotations

import re
from typing import Any

from django.template import Context, Engine, Origin, Template, TemplateSyntaxError, Variable
from django.template.base import DebugLexer, Parser, Token, TokenType
from django.templatetags.static import do_static, get_media_prefix, get_static_prefix

from .custom_tags import note_custom_tag
from .references import OUTPUT, SILENT, Compiled, Fault, StaticUse, cover

STATIC_TAGS = {"static": do_static, "get_static_prefix": get_static_prefix, "get_media_prefix": get_media_prefix}
UNCLOSED_END = re.compile(r"[}<>]|\{%")
MALFORMED = re.compile(r"\{ ?%-?\s*static\b[^\n]{0,60}")  # Django treats these as text

# Django's tags that write nothing. Any other tag may write.
SILENT_TAGS = {
    *("autoescape", "block", "blocktrans", "blocktranslate", "cache", "comment", "elif", "else", "empty", "extends"),
    *("filter", "for", "if", "ifchanged", "language", "load", "localize", "localtime", "partialdef", "plural"),
    *("regroup", "resetcycle", "spaceless", "timezone", "verbatim", "with"),
}


def read_django(text: str, engine: Engine, origin: Origin) -> Compiled:
    """Return the tags of a template, and whether Django compiles it. Never raise an exception."""
    found = _Reader(text, engine, origin).read()
    if not found.faults:
        try:
            Template(text, origin, engine=engine)
        except Exception as error:  # noqa: BLE001 - tags of any package run here, and may raise anything
            token = getattr(error, "token", None)
            line = getattr(token, "lineno", 1) or 1
            found.faults.append(Fault(104, line, _start(token), str(error).partition("\n")[0]))
    found.complete = not any(fault.number == 104 for fault in found.faults)
    return found


class _Reader:
    def __init__(self, text: str, engine: Engine, origin: Origin) -> None:
        self.text = text
        self.parser = Parser([], engine.template_libraries, engine.template_builtins, origin)
        self.found = Compiled()
        self.all_loaded = True

    def read(self) -> Compiled:
        covered: list[str] = []
        skipping = ""  # "comment" or "verbatim", inside such a tag
        for token in DebugLexer(self.text).tokenize():
            start, end = token.position or (0, 0)
            written = self.text[start:end]
            command = (token.contents.split(None, 1) or [""])[0] if token.token_type == TokenType.BLOCK else ""
            if command == f"end{skipping}":
                skipping = ""
            if skipping == "comment":
                covered.append(cover(written, SILENT))
            elif token.token_type == TokenType.TEXT:
                # The text inside `{% verbatim %}` is sent unchanged. Its tags are for another language.
                is_tag = skipping and written[:2] in {"{%", "{{", "{#"}
                covered.append(cover(written, OUTPUT) if is_tag else written)
                if not skipping and "static" in written:
                    self._malformed(token, written, start)
            else:
                covered.append(cover(written, SILENT if _is_silent(token, command) else OUTPUT))
                if token.token_type == TokenType.VAR:
                    self._variable(token, start, end)
                elif command in {"comment", "verbatim"}:
                    skipping = command
                elif command:
                    self._block(token, command, start, end)
        self.found.masked = "".join(covered)
        return self.found

    def _malformed(self, token: Token, written: str, start: int) -> None:
        for found in MALFORMED.finditer(written):
            line = (token.lineno or 1) + written.count("\n", 0, found.start())
            self.found.faults.append(Fault(2, line, start + found.start(), found[0].rstrip()))

    def _variable(self, token: Token, start: int, end: int) -> None:
        name = token.contents.partition("|")[0].strip()
        if name.startswith("static "):
            self._fault(2, token, f"{{{{ {token.contents} }}}}")
        elif name.rpartition(".")[2] == "STATIC_URL":
            self._prefix(token, f"{{{{ {token.contents} }}}}", start, end)
        else:
            self.found.variables.append((name, start))

    def _block(self, token: Token, command: str, start: int, end: int) -> None:
        tags = self.parser.tags
        if command == "load":
            try:
                tags["load"](self.parser, token)
            except TemplateSyntaxError:
                self.all_loaded = False  # an unknown library is reported when the template is compiled
        elif command == "extends":
            self.found.extends = end
            parent = token.contents[len(command) :].strip()
            if len(parent) > 1 and parent[0] == parent[-1] and parent[0] in "'\"":
                self.found.parents.append(parent[1:-1])
        elif command in STATIC_TAGS and tags.get(command, STATIC_TAGS[command]) is STATIC_TAGS[command]:
            if command not in tags and self.all_loaded:
                self._fault(1, token, command)
            if command == "static":
                self._static(token, start, end)
            elif command == "get_static_prefix":
                self._prefix(token, f"{{% {token.contents} %}}", start, end)
        elif command in tags:
            note_custom_tag(tags[command], self.parser, token, _constant, self.found)

    def _static(self, token: Token, start: int, end: int) -> None:
        bits = token.split_contents()
        # Django ignores extra arguments. Here they are the rest of an unclosed tag.
        if "{%" in token.contents or not (len(bits) == 2 or (len(bits) == 4 and bits[2] == "as")):
            self._fault(2, token, "{% " + UNCLOSED_END.split(token.contents)[0])
            return
        try:
            path = _constant(self.parser.compile_filter(bits[1]))
        except TemplateSyntaxError:
            quoted = bits[1][0] in "'\"" or bits[1][-1] in "'\""
            self._fault(2 if quoted else 3, token, f"{{% {token.contents} %}}" if quoted else bits[1])
        else:
            variable = bits[3] if len(bits) == 4 else None
            self.found.statics.append(StaticUse(path, bits[1], variable, token.lineno or 1, start, end))

    def _prefix(self, token: Token, written: str, start: int, end: int) -> None:
        self.found.prefixes.append(StaticUse(None, written, None, token.lineno or 1, start, end))

    def _fault(self, number: int, token: Token, excerpt: str) -> None:
        self.found.faults.append(Fault(number, token.lineno or 1, _start(token), excerpt))


def _constant(expression: Any) -> str | None:
    """Return the value of a filter expression without variables, else None."""
    if isinstance(expression.var, Variable) or expression.var is None:
        return None
    if any(is_variable for _, arguments in expression.filters for is_variable, _ in arguments):
        return None
    try:
        return "".join(str(expression.resolve(Context())))  # a plain str, because SafeString is a subclass of it
    except Exception:  # noqa: BLE001 - filters of any package run here, and may raise anything
        return None


def _start(token: Token | None) -> int:
    return token.position[0] if token and token.position else 0


def _is_silent(token: Token, command: str) -> bool:
    if token.token_type != TokenType.BLOCK:
        return token.token_type == TokenType.COMMENT
    bits = token.contents.split()
    assigns = len(bits) > 2 and bits[-2] == "as"
    return command.removeprefix("end") in SILENT_TAGS or assigns
