"""Read the custom tags that refer to static files.

These are each `simple_tag` whose function calls `static()`, and the tags of django-pipeline, django-vite and
django-webpack-loader.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.base import Parser, Token
from django.template.library import SimpleNode
from django.templatetags.static import static

from .references import BundleUse, Compiled

PACKAGES = {"stylesheet": "STYLESHEETS", "javascript": "JAVASCRIPT"}  # django-pipeline's tags and its settings
ENTRY_TAGS = {"vite_asset", "vite_asset_url", "vite_preload_asset", "render_bundle", "get_files"}
TOOLS = {"django_vite": "vite", "webpack_loader": "webpack"}
Constant = Callable[[Any], "str | None"]


def note_custom_tag(compile_tag: Any, parser: Parser, token: Token, constant: Constant, found: Compiled) -> None:
    """Add the paths and bundles that a tag refers to. ``constant`` returns the value of an argument, or None."""
    line = token.lineno or 1
    if (compile_tag.__module__ or "").startswith("pipeline.templatetags."):
        command, *bits = token.split_contents()
        if command in PACKAGES and bits and bits[0][0] == bits[0][-1] and bits[0][0] in "'\"":
            found.bundles.append(BundleUse("pipeline", PACKAGES[command], bits[0][1:-1], line))
    elif hasattr(compile_tag, "__wrapped__"):  # made by `register.simple_tag` from a function
        try:
            node = compile_tag(parser, token)
        except Exception:  # noqa: BLE001 - a tag of any package may raise anything
            return
        if isinstance(node, SimpleNode):
            arguments = _bound(node, constant)
            expression = _only_static_call(inspect.unwrap(node.func))
            if expression is not None and (path := _value(expression, arguments)):
                found.called.append((path, line))
            found.bundles += _entry(node.func, arguments, line)


def _entry(function: Any, arguments: Mapping[str, str | None], line: int) -> list[BundleUse]:
    function = inspect.unwrap(function)
    tool = TOOLS.get((function.__module__ or "").partition(".")[0])
    name = arguments.get("path") or arguments.get("bundle_name")
    app = arguments.get("app") or arguments.get("config") or "default"
    return [BundleUse(tool, app, name, line)] if tool and name and function.__name__ in ENTRY_TAGS else []


def _bound(node: Any, constant: Constant) -> dict[str, str | None]:
    """Return the arguments of a simple tag by parameter name. A computed argument has the value None."""
    arguments = [constant(argument) for argument in node.args]
    if node.takes_context:
        arguments.insert(0, None)
    named = {name: constant(value) for name, value in node.kwargs.items()}
    try:
        call = inspect.signature(inspect.unwrap(node.func)).bind_partial(*arguments, **named)
    except (TypeError, ValueError):
        return {}
    call.apply_defaults()
    return {name: value if isinstance(value, str) else None for name, value in call.arguments.items()}


@functools.cache
def _only_static_call(function: Any) -> ast.expr | None:
    """Return the argument of the only call of `static()` in a function, None for none or several of them."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    known = getattr(function, "__globals__", {})
    called = {name for name, value in known.items() if value is static}
    called |= {f"{name}.url" for name, value in known.items() if value is staticfiles_storage}
    calls = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in called
    ]
    return calls[0] if len(calls) == 1 else None


def _value(node: ast.expr, arguments: Mapping[str, str | None]) -> str | None:
    """Return the text of an expression of constants, parameters, f-strings and sums. Return None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return arguments.get(node.id)
    nodes: list[ast.expr] = []
    if isinstance(node, ast.JoinedStr):
        nodes = node.values
    elif isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        nodes = [node.value]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        nodes = [node.left, node.right]
    parts = [_value(part, arguments) for part in nodes]
    return "".join(part for part in parts if part is not None) if parts and None not in parts else None
