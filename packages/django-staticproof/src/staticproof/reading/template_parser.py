"""A subclass of Django's template parser that records the nodes it compiles.

A walk over the compiled nodes would miss those that a third-party tag keeps in a private attribute. The parser sees
every node. When a `{% static %}` tag is broken, the parser records the fault and continues.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.template import Context, Engine, Node, NodeList, Origin, TemplateSyntaxError, Variable
from django.template.base import DebugLexer, Parser, Token, VariableNode
from django.template.library import SimpleNode
from django.template.loader_tags import ExtendsNode
from django.templatetags.static import PrefixNode, StaticNode, do_static, get_media_prefix, get_static_prefix

from .custom_tags import BundleUse, bound, bundle_use, static_path

STATIC_TAGS: dict[str, Callable[[Any, Any], Node]] = {
    "static": do_static,
    "get_static_prefix": get_static_prefix,
    "get_media_prefix": get_media_prefix,
}
UNCLOSED_END = re.compile(r"[}<>]|\{%")


@dataclass(frozen=True)
class StaticUse:
    """One `{% static %}` tag.

    ``path`` is its constant argument, or None when the argument is computed. ``source`` is the argument as written.
    ``start`` and ``end`` are offsets into the template. ``glued`` is true when the same tag appends text to the path.
    """

    path: str | None
    source: str
    variable: str | None
    line: int
    start: int
    end: int
    glued: bool = False


@dataclass(frozen=True)
class Fault:
    """A broken tag: the rule, the line, the offset, and the tag (or the parser's message) as an excerpt."""

    number: int
    line: int
    start: int
    excerpt: str


@dataclass
class Compiled:
    """The references and faults found by compiling one template.

    ``prefixes`` are uses of STATIC_URL: line, offsets of start and end, source. ``called`` are paths that a custom tag
    passes to `static()`, with their lines. ``bundles`` are the tags that name a bundle. ``complete`` is false when the
    template does not compile.
    """

    statics: list[StaticUse] = field(default_factory=list)
    prefixes: list[tuple[int, int, int, str]] = field(default_factory=list)
    variables: list[tuple[str, int]] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    called: list[tuple[str, int]] = field(default_factory=list)
    bundles: list[BundleUse] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    complete: bool = True


def compile_template(text: str, engine: Engine, origin: Origin) -> tuple[list[Token], Compiled]:
    """Compile a template as its engine does. Return its tokens and the results. Never raise an exception."""
    tokens = DebugLexer(text).tokenize()
    parser = _RecordingParser(tokens, engine.template_libraries, engine.template_builtins, origin)
    try:
        parser.parse()
    except Exception as error:  # noqa: BLE001 - tags of any package run here, and may raise anything
        token = getattr(error, "token", None)
        message = str(error).partition("\n")[0]
        # `{{ static 'a.css' }}` is a malformed static tag.
        wrong_braces = isinstance(token, Token) and token.contents.startswith("static ")
        number = 2 if wrong_braces else 104
        excerpt = f"{{{{ {token.contents} }}}}" if wrong_braces and token else message
        parser.found.faults.append(Fault(number, getattr(token, "lineno", 1) or 1, _start(token), excerpt))
        parser.found.complete = False
    return tokens, parser.found


class _Tags(dict[str, Any]):
    """The parser's tags. The tags of the library `static` are recorded, even when the template does not load it."""

    def __init__(self, parser: _RecordingParser) -> None:
        super().__init__(parser.tags)
        self.parser = parser

    def __getitem__(self, command: str) -> Any:
        if command not in STATIC_TAGS:
            return super().__getitem__(command)
        if command not in self:
            self.parser.note(1, self.parser.command_stack[-1][1], command)
        compile_tag = self.get(command, STATIC_TAGS[command])
        return self.parser.compile_static if compile_tag is do_static else compile_tag


class _RecordingParser(Parser):
    def __init__(self, tokens: list[Token], libraries: Any, builtins: Any, origin: Origin) -> None:
        super().__init__(tokens, libraries, builtins, origin)
        self.tags = _Tags(self)
        self.found = Compiled()

    def note(self, number: int, token: Token, excerpt: str) -> None:
        self.found.faults.append(Fault(number, token.lineno or 1, _start(token), excerpt))

    def compile_static(self, parser: Parser, token: Token) -> Node:
        """Compile a static tag. When it is broken, record the fault and return an empty node."""
        bits = token.split_contents()
        written = f"{{% {token.contents} %}}"
        # Django ignores extra arguments. Here they are the rest of an unclosed tag.
        if "{%" in token.contents or not (len(bits) == 2 or (len(bits) == 4 and bits[2] == "as")):
            self.note(2, token, "{% " + UNCLOSED_END.split(token.contents)[0])
            return Node()
        try:
            return do_static(parser, token)
        except TemplateSyntaxError:
            quoted = bits[1][0] in "'\"" or bits[1][-1] in "'\""
            self.note(2 if quoted else 3, token, written if quoted else bits[1])
            return Node()

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        super().extend_nodelist(nodelist, node, token)
        start, end = token.position or (0, 0)
        line = token.lineno or 1
        if isinstance(node, StaticNode):
            expression: Any = node.path
            path = _constant(expression)
            self.found.statics.append(StaticUse(path, expression.token, node.varname, line, start, end))
        elif isinstance(node, PrefixNode):
            if node.name == "STATIC_URL":
                self.found.prefixes.append((line, start, end, f"{{% {token.contents} %}}"))
        elif isinstance(node, VariableNode):
            variable = node.filter_expression.var
            name = variable.var if isinstance(variable, Variable) else ""
            if isinstance(name, str):
                if name.rpartition(".")[2] == "STATIC_URL":
                    self.found.prefixes.append((line, start, end, f"{{{{ {token.contents} }}}}"))
                self.found.variables.append((name, start))
        elif isinstance(node, ExtendsNode):
            parent: Any = node.parent_name
            if isinstance(parent.var, str):
                self.found.parents.append(_plain(parent.var))
        else:
            self._note_custom(node, line)

    def _note_custom(self, node: Node, line: int) -> None:
        arguments: dict[str, str | None] = {}
        if isinstance(node, SimpleNode):
            arguments = bound(node, _constant)
            if path := static_path(node.func, arguments):
                self.found.called.append((path, line))
        if use := bundle_use(node, arguments, line):
            self.found.bundles.append(use)


def _constant(expression: Any) -> str | None:
    """Return the value of a filter expression without variables, else None."""
    if isinstance(expression.var, Variable) or expression.var is None:
        return None
    if any(is_variable for _, arguments in expression.filters for is_variable, _ in arguments):
        return None
    try:
        return _plain(expression.resolve(Context()))
    except Exception:  # noqa: BLE001 - filters of any package run here, and may raise anything
        return None


def _plain(text: object) -> str:
    """Return a text as a plain str, because Django's SafeString is a subclass of str."""
    return "".join(str(text))


def _start(token: Token | None) -> int:
    return token.position[0] if token and token.position else 0
