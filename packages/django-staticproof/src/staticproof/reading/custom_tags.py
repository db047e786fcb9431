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
from dataclasses import dataclass
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static


@dataclass(frozen=True)
class BundleUse:
    """One tag that names a bundle: the tool (``pipeline``, ``vite``, ``webpack``), its kind, the name, the line."""

    tool: str
    kind: str
    name: str
    line: int


TOOLS = {"pipeline": "pipeline.templatetags.", "vite": "django_vite.", "webpack": "webpack_loader."}
ENTRY_TAGS = {"vite_asset", "vite_asset_url", "vite_preload_asset", "render_bundle", "get_files"}


def bundle_use(node: Any, constants: Mapping[str, Any], line: int) -> BundleUse | None:
    """Return the bundle that a compiled node names. ``constants`` are its arguments, None for unknown values."""
    module = type(node).__module__
    if module.startswith(TOOLS["pipeline"]):
        written = str(getattr(node, "name", ""))  # as in the template, with its quotes
        kind = {"StylesheetNode": "STYLESHEETS", "JavascriptNode": "JAVASCRIPT"}.get(type(node).__name__)
        is_constant = len(written) > 1 and written[0] == written[-1] and written[0] in "'\""
        return BundleUse("pipeline", kind, written[1:-1], line) if kind and is_constant else None
    function = inspect.unwrap(getattr(node, "func", None) or len)
    for tool in ("vite", "webpack"):
        if (function.__module__ or "").startswith(TOOLS[tool]) and function.__name__ in ENTRY_TAGS:
            name = constants.get("path") or constants.get("bundle_name")
            app = constants.get("app") or constants.get("config") or "default"
            return BundleUse(tool, str(app), name, line) if isinstance(name, str) else None
    return None


def bound(node: Any, constant: Callable[[Any], str | None]) -> dict[str, str | None]:
    """Return the arguments of a simple tag by parameter name. A computed argument has the value None."""
    function = inspect.unwrap(node.func)
    arguments = [constant(argument) for argument in node.args]
    if getattr(node, "takes_context", False):
        arguments.insert(0, None)
    try:
        call = inspect.signature(function).bind_partial(
            *arguments, **{name: constant(value) for name, value in node.kwargs.items()}
        )
    except (TypeError, ValueError):
        return {}
    call.apply_defaults()
    return {name: value if isinstance(value, str) else None for name, value in call.arguments.items()}


def static_path(function: Any, arguments: Mapping[str, str | None]) -> str | None:
    """Return the path that a tag's function passes to `static()`.

    Return None when the function has no call or several calls, or when the path depends on anything else than the
    arguments.
    """
    expression = _only_static_call(inspect.unwrap(function))
    return None if expression is None else _value(expression, arguments)


@functools.cache
def _only_static_call(function: Any) -> ast.expr | None:
    """Return the argument of the only call of `static()` in a function, None for none or several of them."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    known = getattr(function, "__globals__", {})
    names = {name for name, value in known.items() if value is static}
    storages = {name for name, value in known.items() if value is staticfiles_storage}
    calls = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.args
        and (
            (isinstance(node.func, ast.Name) and node.func.id in names)
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "url"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in storages
            )
        )
    ]
    return calls[0] if len(calls) == 1 else None


def _value(node: ast.expr, arguments: Mapping[str, str | None]) -> str | None:
    """Return the text of an expression of constants, parameters, f-strings and sums. Return None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return arguments.get(node.id)
    parts: list[str | None] = []
    if isinstance(node, ast.JoinedStr):
        parts = [_value(part, arguments) for part in node.values]
    elif isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        parts = [_value(node.value, arguments)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_value(node.left, arguments), _value(node.right, arguments)]
    if not parts or any(part is None for part in parts):
        return None
    return "".join(part for part in parts if part is not None)
