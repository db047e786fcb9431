"""The references in the site's own Python, read with `ast`: nothing is imported or run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TypeGuard

from ..project import static_prefixes
from ..silence import Ignore, in_comments
from .references import Mention

HINTS = re.compile(r"static|STATIC_URL|Media|render_to_string|get_template|email_template_name")
STATIC_MODULES = {"django.templatetags.static", "django.contrib.staticfiles.storage", "django.contrib.staticfiles"}
ASSET_CLASSES = {"Script", "Stylesheet", "MediaAsset", "JS", "CSS"}
WIDGET = re.compile(r"(?:Widget|Select|SelectMultiple|Input|Textarea)$")
COMPARING = {"startswith", "removeprefix", "endswith", "removesuffix", "replace", "split", "partition", "count", "find"}
MAILING = {"send_mail", "send_mass_mail", "mail_admins", "mail_managers", "EmailMessage", "EmailMultiAlternatives"}
MAILING |= {"attach_alternative", "html_message", "email_user"}
LOADING = {"render_to_string", "get_template", "select_template"}
TEMPLATE_NAMES = {"email_template_name", "html_email_template_name"}


@dataclass
class PythonFacts:
    """The references to static files in one Python file.

    * ``hard_coded``: hard-coded static URLs.
    * ``glued``: paths that are added to STATIC_URL.
    * ``static_calls``: the paths passed to `static()`, each with whether the call runs at import.
    * ``media``: the assets of `Media` classes.
    * ``mail_templates``: the names of templates that are sent by mail.
    * ``widgets``: the class names of widgets by the lines of their assets.
    """

    hard_coded: list[Mention] = field(default_factory=list)
    glued: list[Mention] = field(default_factory=list)
    static_calls: list[tuple[Mention, bool]] = field(default_factory=list)
    media: list[Mention] = field(default_factory=list)
    mail_templates: set[str] = field(default_factory=set)
    widgets: dict[int, str] = field(default_factory=dict)
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
    reader = _Reader(facts)
    try:
        reader.visit(tree)
    except RecursionError:
        return facts
    facts.ignores = list(in_comments(text, "module.py"))
    return facts


class _Reader(ast.NodeVisitor):
    """Walk a module; ``deferred`` counts the functions around a node, whose bodies do not run at import."""

    def __init__(self, facts: PythonFacts) -> None:
        self.facts = facts
        self.deferred = 0
        self.static_names: set[str] = set()
        self.storage_names: set[str] = set()
        self.around: list[ast.AST] = []
        self.loaded: list[list[str]] = [[]]  # template names loaded in each function around
        self.mails: list[bool] = [False]  # and whether it sends mail

    def visit(self, node: ast.AST) -> None:
        self.around.append(node)
        super().visit(node)
        self.around.pop()

    def visit_Module(self, node: ast.Module) -> None:
        self.generic_visit(node)
        self._leave_scope()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module in STATIC_MODULES:
            for name in node.names:
                if name.name == "static":
                    self.static_names.add(name.asname or name.name)
                elif name.name == "staticfiles_storage":
                    self.storage_names.add(name.asname or name.name)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in (*node.decorator_list, node.args):  # decorators and defaults run when the function is defined
            self.visit(part)
        self.deferred += 1
        self.loaded.append([])
        self.mails.append(False)
        for statement in node.body:
            self.visit(statement)
        self._leave_scope()
        self.deferred -= 1

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self.deferred += 1
        self.visit(node.body)
        self.deferred -= 1

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.name == "Media" and len(self.around) > 1 and any(isinstance(a, ast.ClassDef) for a in self.around[:-1]):
            for statement in node.body:
                targets, value = _assignment(statement)
                if value is not None:
                    known = len(self.facts.media)
                    self._read_media(dict.fromkeys(targets, value))
                    owner = self.around[-2]
                    if isinstance(owner, ast.ClassDef) and not owner.decorator_list and _is_widget(owner):
                        self.facts.widgets |= dict.fromkeys((m.line for m in self.facts.media[known:]), owner.name)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._note_template_name([target.id for target in node.targets if isinstance(target, ast.Name)], node.value)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg:
            self._note_template_name([node.arg], node.value)
            self.mails[-1] |= node.arg in MAILING
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self.mails[-1] |= node.id in MAILING

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.mails[-1] |= node.attr in MAILING
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        first = node.args[0] if node.args else None
        of_storage = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
        is_static = (isinstance(called, ast.Name) and name in self.static_names) or (
            of_storage and name == "url" and called.value.id in self.storage_names  # type: ignore[attr-defined]
        )
        if is_static and first is not None:
            path = _text(first)
            kind = next((f"tag {tag.name}" for tag in self.around if _is_template_tag(tag)), "static")
            mention = Mention(kind, path if path is not None else "", node.lineno)
            if path is not None or not self.deferred:
                self.facts.static_calls.append((mention, not self.deferred))
        elif name == "Media":
            self._read_media({keyword.arg: keyword.value for keyword in node.keywords if keyword.arg})
        elif name in LOADING and first is not None:
            items = first.elts if isinstance(first, ast.List | ast.Tuple) else [first]
            self.loaded[-1] += [text for item in items if (text := _text(item))]
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for first, second in zip(node.values, node.values[1:], strict=False):
            self._note_glued(first.value if isinstance(first, ast.FormattedValue) else first, second)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add):
            self._note_glued(node.left, node.right)
        self.generic_visit(node)

    def _note_glued(self, prefix: ast.expr, path: ast.expr) -> None:
        """Record `STATIC_URL + "path"` and the same in an f-string. Skip folders, because code often compares them."""
        name = prefix.attr if isinstance(prefix, ast.Attribute) else prefix.id if isinstance(prefix, ast.Name) else ""
        text = _text(path)
        if name == "STATIC_URL" and text and re.match(r"[\w\-./]", text) and not text.endswith("/"):
            self.facts.glued.append(Mention("glued", text, path.lineno))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._read_text(node, node.value)

    def _read_text(self, node: ast.Constant, value: str) -> None:
        parent = self.around[-2]
        if isinstance(parent, ast.Expr) or _compares(parent, self.around[-3] if len(self.around) > 2 else None):
            return  # a docstring, or a path in a comparison
        if any("STATIC_URL" in _assignment(around)[0] for around in self.around if isinstance(around, ast.stmt)):
            return  # the setting itself, for example with the host of a CDN before the path
        if isinstance(parent, ast.JoinedStr) and parent.values[0] is not node:
            return  # a path on the disk, or a part of another URL
        for prefix in static_prefixes():
            if prefix not in value:
                continue
            glued = isinstance(parent, ast.JoinedStr | ast.BinOp) or (
                isinstance(parent, ast.Attribute) and parent.attr in {"format", "join"}
            )
            # Find the prefix at the start of the text or after a quote: `<img src="/static/...">`. Skip a folder when
            # nothing is added to it: it is the value of a setting or part of a comparison.
            for found in re.finditer(rf"(?:^|[\"'(])({re.escape(prefix)}[^\s\"'()<>]*)", value):
                if found[1] != value or not value.endswith("/") or glued:
                    line = node.lineno + value.count("\n", 0, found.start())
                    self.facts.hard_coded.append(Mention("literal", found[1], line))

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

    def _note_template_name(self, names: list[str], value: ast.expr) -> None:
        if TEMPLATE_NAMES.intersection(names) and (text := _text(value)):
            self.facts.mail_templates.add(text)

    def _leave_scope(self) -> None:
        loaded, mails = self.loaded.pop(), self.mails.pop()
        if mails:
            self.facts.mail_templates.update(loaded)


def _is_widget(node: ast.ClassDef) -> bool:
    return any(WIDGET.search(ast.unparse(base)) for base in node.bases)


def _is_template_tag(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Return whether a function is registered as a tag or filter under its own name."""
    return isinstance(node, ast.FunctionDef) and any(
        ast.unparse(decorator) in {"register.simple_tag", "register.filter", "register.simple_tag()"}
        or ast.unparse(decorator).startswith("register.simple_tag(takes_context")
        for decorator in node.decorator_list
    )


def _assignment(statement: ast.stmt) -> tuple[list[str], ast.expr | None]:
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)], statement.value
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id], statement.value
    return [], None


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _compares(parent: ast.AST, grandparent: ast.AST | None) -> bool:
    if isinstance(parent, ast.Compare):
        return True
    call = grandparent if isinstance(parent, ast.Tuple) else parent
    return isinstance(call, ast.Call) and _called(call) in COMPARING
