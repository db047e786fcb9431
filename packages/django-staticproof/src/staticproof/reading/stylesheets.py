"""The references of a stylesheet, read with tinycss2's tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .references import Mention, source_maps

# Only stylesheets that match this are tokenized, because that takes a second for each megabyte. A framework's minified
# file often contains data URLs only. A backslash matches as well, because an escape can hide a URL.
HINTS = re.compile(r"(?:url|src)\(\s*[\"']?(?!\s*[\"']?(?:data:|#))|@import|image-set|\\[0-9a-f]", re.IGNORECASE)
IMAGE_SETS = {"image-set", "-webkit-image-set"}


def references(text: str) -> list[Mention]:
    """Return every URL in a stylesheet, with its line.

    The kind is ``import``, ``url``, ``image-set`` (its string form, without `url()`) or ``sourcemap``. Data URLs,
    fragments and other hosts are returned too.
    """
    found: list[Mention] = []
    if HINTS.search(text):
        import tinycss2  # type: ignore[import-untyped]

        _collect(tinycss2.parse_component_value_list(text.removeprefix("\ufeff"), skip_comments=True), found)
    return found + source_maps(text)


def _collect(nodes: Iterable[Any], found: list[Mention], function: str = "") -> None:
    rule = ""  # the at-rule whose prelude is being read
    for node in nodes:
        kind = node.type
        if kind == "at-keyword":
            rule = node.lower_value
        elif kind == "url":
            _add(found, "import" if rule == "import" else "url", node.value, node, rule)
        elif kind == "string":
            if rule == "import" and not function:
                _add(found, "import", node.value, node, rule)
                rule = "imported"  # a later string in the rule is part of a condition
            elif function in IMAGE_SETS:
                _add(found, "image-set", node.value, node, rule)
        elif kind == "function":
            _collect_function(node, found, rule)
        elif kind in {"() block", "[] block", "{} block"}:
            _collect(node.content, found)
            rule = "" if kind == "{} block" else rule
        elif kind == "literal" and node.value == ";":
            rule = ""


def _collect_function(node: Any, found: list[Mention], rule: str) -> None:
    name = node.lower_name
    if name not in {"url", "src"}:
        # `type("image/avif")` inside image-set() is not a URL. An unknown function may contain one.
        _collect(node.arguments, found, "" if name == "type" else name)
        return
    for argument in node.arguments:
        if argument.type == "string":
            _add(found, "import" if rule == "import" else "url", argument.value, argument, rule)
            return


def _add(found: list[Mention], kind: str, url: str, node: Any, rule: str) -> None:
    if rule != "namespace":  # the URL of a namespace is a name, not a file
        found.append(Mention(kind, url.strip(), node.source_line))
