"""The references in the HTML of a template, read from its masked text by the standard library's parser."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from html.parser import HTMLParser

from .references import OUTPUT, SILENT, Mention

ASSET = (
    r"\.(?:css|m?js|map|webmanifest|png|jpe?g|jxl|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp4|m4v|webm|og[gav]|mp3"
    r"|wav|m4a|flac|vtt)"
)
ASSET_NAME = re.compile(rf"{ASSET}$", re.IGNORECASE)
HINTS = re.compile(rf"{ASSET}\b|<!--|url\(|<script|image-set|&#", re.IGNORECASE)
SCRIPT_TYPES = {"", "module", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"}
DATA_TYPES = {"importmap", "application/json", "application/ld+json", "speculationrules"}
WITH_URL = {
    "background": {"body"},
    "data": {"object"},
    "href": {"a", "image", "link", "use"},
    "imagesrcset": {"link"},
    "poster": {"video"},
    "src": {"audio", "embed", "iframe", "img", "input", "script", "source", "track", "video"},
    "srcset": {"img", "source"},
    "xlink:href": {"image", "use"},
}  # attributes that contain a URL, and their elements


@dataclass(frozen=True)
class Inline:
    """A block of another language inside the markup: its type, first line and text."""

    kind: str
    line: int
    text: str


@dataclass
class Markup:
    """The markup of one template.

    ``hard_coded`` are URLs that begin with a static prefix. ``relative`` are other assets that are named without a tag.
    Their kind is the element and the attribute. ``comments`` are the offsets of HTML comments.
    """

    hard_coded: list[Mention] = field(default_factory=list)
    relative: list[Mention] = field(default_factory=list)
    styles: list[Inline] = field(default_factory=list)
    scripts: list[Inline] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)


def read(masked: str, prefixes: tuple[str, ...]) -> Markup:
    """Read a masked template. Most templates contain no reference and are not parsed."""
    if not HINTS.search(masked) and not any(prefix in masked for prefix in prefixes):
        return Markup()
    reader = _Reader(masked, prefixes)
    reader.feed(masked)
    reader.close()
    return reader.markup


class _Reader(HTMLParser):
    def __init__(self, text: str, prefixes: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.prefixes = prefixes
        self.markup = Markup()
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        alternatives = "|".join(re.escape(prefix) for prefix in prefixes) or r"(?!)"
        # A static URL begins at the start of a value, after a quote or bracket (JSON, url()), or after a variable that
        # contains the origin. Inside the complete URL of another host, the prefix does not belong to this site.
        rest = rf"(?P<url>(?:{alternatives})[^\s\"'`()<>,{SILENT}]*)"
        self.hard_coded = re.compile(rf"(?:^|[\"'`(\[,{SILENT}{OUTPUT}]|^\s+|\burl=){rest}")
        self.hard_coded_in_set = re.compile(rf"(?:^|[\s,{SILENT}{OUTPUT}]){rest}")
        self.open: tuple[str, str, int] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        written = self.get_starttag_text() or ""
        start = self._offset()
        named = {_bare(name): value or "" for name, value in attributes}
        cursor = 0
        for name, value in attributes:
            if value:
                cursor = max(cursor, written.find(value, cursor))
                self._read_attribute(tag, _bare(name), value, named, start + cursor)
        if tag in {"script", "style"}:
            kind = named.get("type", "").strip(f" {SILENT}").lower() if tag == "script" else "style"
            self.open = (tag, kind, start + len(written))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[0] == tag:
            _, kind, start = self.open
            inline = Inline(kind, self._line(start), self.text[start : self._offset()])
            (self.markup.styles if tag == "style" else self.markup.scripts).append(inline)
            self.open = None

    def handle_comment(self, data: str) -> None:
        start = self._offset()
        self.markup.comments.append((start, start + len(data) + len("<!---->")))

    def _read_attribute(self, tag: str, name: str, value: str, named: dict[str, str], start: int) -> None:
        line = self._line(start)
        kind = f"{name} of <{tag}>"
        if name == "style":
            self.markup.styles.append(Inline("", line, value))
            return
        if name.startswith("on"):
            self.markup.scripts.append(Inline("handler", line, value))
            return
        is_set = name in {"srcset", "imagesrcset"}
        pattern = self.hard_coded_in_set if is_set else self.hard_coded
        holds_url, url = _holds_url(tag, name, named), value.strip()
        if holds_url and not is_set and SILENT not in value and url.startswith(self.prefixes):
            # The whole value is one URL. Browsers escape spaces in it.
            places = [(url, start + value.find(url))]
        else:
            places = [(found["url"], start + found.start("url")) for found in pattern.finditer(value)]
        hard_coded = [Mention(kind, url, self._line(at), at, at + len(url)) for url, at in places]
        self.markup.hard_coded += hard_coded
        if not hard_coded and holds_url:
            self.markup.relative += [Mention(kind, url, line) for url in _relative(value, is_set)]

    def _offset(self) -> int:
        line, column = self.getpos()
        return self.line_starts[line - 1] + column

    def _line(self, offset: int) -> int:
        return bisect_right(self.line_starts, offset)


def is_asset(url: str) -> bool:
    """Return whether a URL names a static asset by its extension, relative to the page or to the root of the host."""
    if url.startswith(("//", "#", "?", OUTPUT)) or re.match(r"[A-Za-z][\w+.\-]*:", url):
        return False
    return bool(ASSET_NAME.search(re.split("[?#]", url, maxsplit=1)[0]))


def _relative(value: str, is_set: bool) -> list[str]:
    """Return the assets that an attribute names without a tag. Skip text after a variable."""
    found: list[str] = []
    for candidate in value.split(",") if is_set else [value]:
        for segment in re.split(f"{SILENT}+", candidate):
            url = (segment.split() or [""])[0] if is_set else segment.strip()
            if is_asset(url):
                found.append(url)
            if OUTPUT in segment:
                break
    return found


def _holds_url(tag: str, name: str, named: dict[str, str]) -> bool:
    if tag == "meta" and name == "content":
        purpose = (named.get("property") or named.get("name") or "").lower()
        return "image" in purpose or purpose.startswith(("og:video", "og:audio", "msapplication-"))
    return tag in WITH_URL.get(name, ())


def _bare(name: str) -> str:
    return name.strip(SILENT + OUTPUT)
