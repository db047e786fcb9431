"""Read the CSS, JavaScript and JSON inside a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from .markup import Inline, is_asset
from .masking import OUTPUT, SILENT
from .references import Mention

JSON_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')


def shifted(mentions: Iterable[Mention], inline: Inline) -> list[Mention]:
    """Return the mentions of an inline block with the line numbers of the whole template."""
    return [replace(mention, line=mention.line + inline.line - 1) for mention in mentions]


def read_import_map(script: Inline) -> set[str] | None:
    """Return the keys of an import map, or None when template logic produces its JSON."""
    text = script.text.replace(SILENT, " ").replace(OUTPUT, "_")
    try:
        found = json.loads(text)
        return {name for part in (found.get("imports", {}), *found.get("scopes", {}).values()) for name in part}
    except (ValueError, AttributeError, TypeError):
        return None


def read_data(script: Inline, prefixes: tuple[str, ...]) -> list[Mention]:
    """Return the hard-coded static URLs in the values of a JSON block. In an import map, return relative URLs, too."""
    found: list[Mention] = []
    for text in JSON_TEXT.finditer(script.text):
        value, is_key = text[1].strip(SILENT), bool(text[2])
        if is_key:
            continue  # an import map may map the plain URL to the hashed URL
        line = script.line + script.text.count("\n", 0, text.start())
        if value.startswith(prefixes):
            found.append(Mention("literal", value, line))
        elif script.kind == "importmap" and value.startswith(("./", "../", "/")) and is_asset(value):
            found.append(Mention("relative", value, line))
    return found
