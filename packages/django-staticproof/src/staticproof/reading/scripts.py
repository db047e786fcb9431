"""The references of a script, read with tree-sitter's JavaScript grammar."""

from __future__ import annotations

import functools
import re
from typing import Any

from .references import Mention, source_maps

HINTS = re.compile(r"\bimport\b|\bexport\s*[{*]")  # other scripts need not be parsed
QUERY = """
(import_statement source: (string) @import)
(export_statement source: (string) @import)
(call_expression function: (import) arguments: (arguments . [(string) (template_string)] @import))
(new_expression constructor: (identifier) @constructor arguments: (arguments) @new (#eq? @constructor "URL"))
"""


def references(text: str, prefixes: tuple[str, ...] = ()) -> list[Mention]:
    """Return the references of a script: constant module names, literals with a static prefix, and the source map.

    The kind is ``import`` (`import`, `export from` and `import()`), ``url`` (`new URL(..., import.meta.url)`),
    ``literal`` or ``sourcemap``. A ``url`` is relative to the script even without a leading dot. The offsets are those
    of the URL without its quotes.
    """
    found = _parsed(text, prefixes) if HINTS.search(text) or any(prefix in text for prefix in prefixes) else []
    return found + source_maps(text)


def _parsed(text: str, prefixes: tuple[str, ...]) -> list[Mention]:
    source = text.encode("utf-8", "surrogatepass")
    tree = _grammar()[0].parse(source)
    found: dict[int, Mention] = {}
    literals = [("literal", node) for prefix in prefixes for node in _literals(tree.root_node, source, prefix)]
    for kind, node in _modules(tree.root_node) + literals:
        if node.start_byte not in found and (mention := _mention(kind, node, source)):
            found[node.start_byte] = mention
    return [found[start] for start in sorted(found)]


@functools.cache
def _grammar() -> tuple[Any, Any]:
    """Return the parser and the query for modules. Import them only when a script needs parsing."""
    from tree_sitter import Language, Parser, Query
    from tree_sitter_javascript import language

    javascript = Language(language())
    return Parser(javascript), Query(javascript, QUERY)


def _modules(root: Any) -> list[tuple[str, Any]]:
    from tree_sitter import QueryCursor

    captures = QueryCursor(_grammar()[1]).captures(root)
    nodes: list[tuple[str, Any]] = [("import", node) for node in captures.get("import", ())]
    for arguments in captures.get("new", ()):
        named = arguments.named_children
        if len(named) == 2 and named[0].type == "string" and _text(named[1]) == "import.meta.url":
            nodes.append(("url", named[0]))
    return [(kind, node) for kind, node in nodes if "${" not in _text(node)]


def _literals(root: Any, source: bytes, prefix: str) -> list[Any]:
    """Return the string and template literals that begin with a prefix."""
    wanted = prefix.encode()
    nodes: list[Any] = []
    position = source.find(wanted)
    while position >= 0:
        node = root.descendant_for_byte_range(position, position + 1)
        if node is not None and node.type == "string_fragment" and node.start_byte == position:
            literal = node.parent
            # A prefix alone is probably part of a comparison. It is a reference only when something is added to it.
            operator = literal.parent.child_by_field_name("operator")
            if _text(literal)[1:-1] != prefix or (operator is not None and operator.type == "+"):
                nodes.append(literal)
        position = source.find(wanted, position + 1)
    return nodes


def _mention(kind: str, node: Any, source: bytes) -> Mention | None:
    url = _text(node)[1:-1]
    if not url:
        return None
    start = len(source[: node.start_byte].decode("utf-8", "surrogatepass")) + 1
    return Mention(kind, url, node.start_point[0] + 1, start, start + len(url))


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "surrogatepass"))
