"""Replace the tags of a template with placeholder characters, so that an HTML parser can read it.

Every offset stays the same.
"""

from __future__ import annotations

import re

from django.template.base import Token, TokenType

OUTPUT = "\ue000"  # replaces a tag that writes something; markup contains no private-use characters
SILENT = "\ue001"  # replaces a tag that writes nothing itself

# Django's tags that write nothing. Any other tag may write.
SILENT_TAGS = {
    *("autoescape", "block", "blocktrans", "blocktranslate", "cache", "comment", "elif", "else", "empty", "extends"),
    *("filter", "for", "if", "ifchanged", "language", "load", "localize", "localtime", "partialdef", "plural"),
    *("regroup", "resetcycle", "spaceless", "timezone", "verbatim", "with"),
}
MALFORMED = re.compile(r"\{ ?%-?\s*static\b[^\n]{0,60}")


def mask(tokens: list[Token], text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Return the text with its tags covered, and the malformed static tags that Django treats as text.

    Each malformed tag is a line, an offset and an excerpt. Comments are covered completely. The text inside
    `{% verbatim %}` stays, because it is sent unchanged. Tags in it are covered as output.
    """
    covered: list[str] = []
    malformed: list[tuple[int, int, str]] = []
    in_comment = in_verbatim = False
    for token in tokens:
        start, end = token.position or (0, 0)
        written = text[start:end]
        command = token.contents.split(None, 1)[0] if token.contents.strip() else ""
        is_block = token.token_type == TokenType.BLOCK
        if is_block and command in {"endcomment", "endverbatim"}:
            in_comment = in_verbatim = False
        if in_comment:
            covered.append(cover(written, SILENT))
        elif token.token_type == TokenType.TEXT:
            is_tag = in_verbatim and written[:2] in {"{%", "{{", "{#"}
            covered.append(cover(written, OUTPUT) if is_tag else written)
            if not in_verbatim and "static" in written:
                malformed += [
                    (
                        (token.lineno or 1) + written.count("\n", 0, found.start()),
                        start + found.start(),
                        found[0].rstrip(),
                    )
                    for found in MALFORMED.finditer(written)
                ]
        else:
            covered.append(cover(written, SILENT if _is_silent(token, command) else OUTPUT))
        if is_block and command == "comment":
            in_comment = True
        elif is_block and command == "verbatim":
            in_verbatim = True
    return "".join(covered), malformed


def _is_silent(token: Token, command: str) -> bool:
    if token.token_type == TokenType.COMMENT:
        return True
    if token.token_type == TokenType.VAR:
        return False
    bits = token.contents.split()
    assigns = len(bits) > 2 and bits[-2] == "as"
    return command.removeprefix("end") in SILENT_TAGS or assigns


def cover(written: str, character: str) -> str:
    """Return a text of the same lines and lengths, made of one character."""
    if "\n" not in written:
        return character * len(written)
    return "\n".join(character * len(line) for line in written.split("\n"))
