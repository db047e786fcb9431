"""The references of a stylesheet, read with tinycss2's tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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

        found += _mentions(tinycss2.parse_component_value_list(text.removeprefix("\ufeff"), skip_comments=True))
    return found + source_maps(text)


def _mentions(nodes: Iterable[Any], function: str = "") -> Iterator[Mention]:
    rule = ""  # the at-rule whose prelude is being read
    for node in nodes:
        kind, line = node.type, node.source_line
        of_url = "import" if rule == "import" else "url"
        if kind == "at-keyword":
            rule = node.lower_value
        elif rule == "namespace" and kind in {"url", "string", "function"}:
            continue  # the URL of a namespace is a name, not a file
        elif kind == "url":
            yield Mention(of_url, node.value.strip(), line)
        elif kind == "string" and rule == "import" and not function:
            yield Mention("import", node.value.strip(), line)
            rule = "imported"  # a later string in the rule is part of a condition
        elif kind == "string" and function in IMAGE_SETS:
            yield Mention("image-set", node.value.strip(), line)
        elif kind == "function" and node.lower_name in {"url", "src"}:
            urls = [argument.value.strip() for argument in node.arguments if argument.type == "string"]
            yield from (Mention(of_url, url, line) for url in urls[:1])
        elif kind == "function":
            # `type("image/avif")` inside image-set() is not a URL. An unknown function may contain one.
            yield from _mentions(node.arguments, "" if node.lower_name == "type" else node.lower_name)
        elif kind in {"() block", "[] block", "{} block"}:
            yield from _mentions(node.content)
            rule = "" if kind == "{} block" else rule
        elif kind == "literal" and node.value == ";":
            rule = ""
