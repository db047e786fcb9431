"""Cover the tags of a template with placeholder characters, so that an HTML parser can read it.

Every offset stays the same.
"""

from __future__ import annotations

OUTPUT = "\ue000"  # replaces a tag that writes something; markup contains no private-use characters
SILENT = "\ue001"  # replaces a tag that writes nothing itself


def cover(written: str, character: str) -> str:
    """Return a text of the same lines and lengths, made of one character."""
    if "\n" not in written:
        return character * len(written)
    return "\n".join(character * len(line) for line in written.split("\n"))
