"""The references in the site's own Python, read with `ast`: nothing is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..project import static_prefixes
from ..silence import Ignore, in_comments
from .references import Mention

HINTS = re.compile(r"static|STATIC_URL|Media|render_to_string|get_template|email_template_name")
STATIC_MODULES = {"django.templatetags.static", "django.contrib.staticfiles.storage", "django.contrib.staticfiles"}
ASSET_CLASSES = {"Script", "Stylesheet", "MediaAsset", "JS", "CSS"}
COMPARING = {"startswith", "removeprefix", "endswith", "removesuffix", "replace", "split", "partition", "count", "find"}
MAILING = {"send_mail", "send_mass_mail", "mail_admins", "mail_managers", "EmailMessage", "EmailMultiAlternatives"}
MAILING |= {"attach_alternative", "html_message", "email_user"}
LOADING = {"render_to_string", "get_template", "select_template"}
TEMPLATE_NAMES = {"email_template_name", "html_email_template_name"}
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class PythonFacts:
    """The references to static files in one Python file.

    * ``hard_coded``: hard-coded static URLs, and paths that are added to STATIC_URL (their kind is ``glued``).
    * ``static_calls``: the paths passed to `static()`, each with whether the call runs at import.
    * ``media``: the assets of `Media` classes.
    * ``mail_templates``: the names of templates that are sent by mail.
    """

    hard_coded: list[Mention] = field(default_factory=list)
    static_calls: list[tuple[Mention, bool]] = field(default_factory=list)
    media: list[Mention] = field(default_factory=list)
    mail_templates: set[str] = field(default_factory=set)
    ignores: list[Ignore] = field(default_factory=list)


def read(text: str) -> PythonFacts:
    """Read one file. Return empty facts for a syntax error, because the interpreter reports it better."""
    facts = PythonFacts()
    if not HINTS.search(text) and not any(prefix in text for prefix in static_prefixes()):
        return facts
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return facts
    _Reader(tree, facts).read()
    facts.ignores = list(in_comments(text))
    return facts


class _Reader:
    def __init__(self, tree: ast.Module, facts: PythonFacts) -> None:
        self.facts = facts
        self.nodes = list(ast.walk(tree))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        imported = [
            alias
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and node.module in STATIC_MODULES
            for alias in node.names
        ]
        ends = {"static": "", "staticfiles_storage": ".url"}
        self.static = {f"{alias.asname or alias.name}{ends[alias.name]}" for alias in imported if alias.name in ends}

    def read(self) -> None:
        for node in self.nodes:
            if isinstance(node, ast.Call):
                self._read_call(node)
            elif isinstance(node, ast.ClassDef) and node.name == "Media":
                self._read_media_class(node)
            elif isinstance(node, ast.Assign | ast.keyword):
                text = _text(node.value)
                if text and not TEMPLATE_NAMES.isdisjoint(_assigned(node)):
                    self.facts.mail_templates.add(text)
            elif isinstance(node, Function):
                self._read_mails(node)
            elif isinstance(node, ast.JoinedStr):
                for first, second in zip(node.values, node.values[1:], strict=False):
                    self._read_glued(first.value if isinstance(first, ast.FormattedValue) else first, second)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                self._read_glued(node.left, node.right)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._read_text(node, node.value)

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def _runs_at_import(self, node: ast.AST) -> bool:
        """Return whether no function is around a node. Decorators and defaults run when a function is defined."""
        for parent in self._around(node):
            body = parent.body if isinstance(parent, (*Function, ast.Lambda)) else []
            if any(node is part for part in (body if isinstance(body, list) else [body])):
                return False
            node = parent
        return True

    def _read_call(self, node: ast.Call) -> None:
        first = node.args[0] if node.args else None
        if _called(node) == "Media":
            self._read_media({keyword.arg: keyword.value for keyword in node.keywords if keyword.arg})
        elif first is not None and self.static and ast.unparse(node.func) in self.static:
            path, at_import = _text(first), self._runs_at_import(node)
            if path is not None or at_import:
                self.facts.static_calls.append((Mention("static", path or "", node.lineno), at_import))

    def _read_mails(self, function: ast.AST) -> None:
        """Note the templates that a function loads, when it sends mail."""
        nodes = list(ast.walk(function))
        words = {getattr(node, name, None) for node in nodes for name in ("id", "attr", "arg")}
        if not MAILING.isdisjoint(words):
            for call in nodes:
                if isinstance(call, ast.Call) and call.args and _called(call) in LOADING:
                    first = call.args[0]
                    items = first.elts if isinstance(first, ast.List | ast.Tuple) else [first]
                    self.facts.mail_templates.update(text for item in items if (text := _text(item)))

    def _read_glued(self, prefix: ast.expr, path: ast.expr) -> None:
        """Record `STATIC_URL + "path"` and the same in an f-string. Skip folders, because code often compares them."""
        name = prefix.attr if isinstance(prefix, ast.Attribute) else prefix.id if isinstance(prefix, ast.Name) else ""
        text = _text(path)
        if name == "STATIC_URL" and text and re.match(r"[\w\-./]", text) and not text.endswith("/"):
            self.facts.hard_coded.append(Mention("glued", text, path.lineno))

    def _read_text(self, node: ast.Constant, value: str) -> None:
        prefixes = [prefix for prefix in static_prefixes() if prefix in value]
        if not prefixes:
            return
        parent, *around = self._around(node)
        if isinstance(parent, ast.Expr) or _compares(parent, around[0]):
            return  # a docstring, or a path in a comparison
        if any("STATIC_URL" in _assigned(statement) for statement in (parent, *around)):
            return  # the setting itself, for example with the host of a CDN before the path
        if isinstance(parent, ast.JoinedStr) and parent.values[0] is not node:
            return  # a path on the disk, or a part of another URL
        glued = isinstance(parent, ast.JoinedStr | ast.BinOp) or getattr(parent, "attr", "") in {"format", "join"}
        for prefix in prefixes:
            # Find the prefix at the start of the text or after a quote: `<img src="/static/...">`. Skip a folder when
            # nothing is added to it: it is the value of a setting or part of a comparison.
            for found in re.finditer(rf"(?:^|[\"'(])({re.escape(prefix)}[^\s\"'()<>]*)", value):
                if found[1] != value or not value.endswith("/") or glued:
                    line = node.lineno + value.count("\n", 0, found.start())
                    self.facts.hard_coded.append(Mention("literal", found[1], line))

    def _read_media_class(self, node: ast.ClassDef) -> None:
        for statement in node.body if isinstance(self.parents.get(node), ast.ClassDef) else ():
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                self._read_media(dict.fromkeys(_assigned(statement), statement.value))

    def _read_media(self, values: dict[str, ast.expr]) -> None:
        if (scripts := values.get("js")) is not None:
            self._read_assets(scripts, "js")
        if isinstance(styles := values.get("css"), ast.Dict):
            for value in styles.values:
                self._read_assets(value, "css")

    def _read_assets(self, value: ast.expr, kind: str) -> None:
        if (text := _text(value)) is not None:
            # A string in place of a list: Django would use each of its letters as a path.
            self.facts.media.append(Mention(f"{kind} text", text, value.lineno))
        elif isinstance(value, ast.List | ast.Tuple | ast.Set):
            for item in value.elts:
                if isinstance(item, ast.Call) and _called(item) in ASSET_CLASSES:
                    named = [k.value for k in item.keywords if k.arg in {"src", "href", "path"}]
                    item = (item.args or named or [item])[0]
                if (text := _text(item)) is not None:
                    self.facts.media.append(Mention(kind, text, item.lineno))
        elif isinstance(value, ast.BinOp):
            for side in (value.left, value.right):
                if not isinstance(side, ast.Constant):
                    self._read_assets(side, kind)


def _assigned(node: ast.AST) -> list[str]:
    """Return the names that a statement or a keyword argument assigns to."""
    if isinstance(node, ast.keyword):
        return [node.arg or ""]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _compares(parent: ast.AST, grandparent: ast.AST) -> bool:
    call = grandparent if isinstance(parent, ast.Tuple) else parent
    return isinstance(parent, ast.Compare) or (isinstance(call, ast.Call) and _called(call) in COMPARING)
