"""What a document that a site has served refers to: HTML, SVG, stylesheets, scripts and web manifests.

Unlike the static analysis, which reads the templates, this reads what a browser would get.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from ..reading.scripts import references as script_references
from ..reading.stylesheets import references as stylesheet_references
from .clients import Response

HTML_TYPES = {"text/html", "application/xhtml+xml", "image/svg+xml"}
STYLESHEET_TYPES = {"text/css"}
SCRIPT_TYPES = {"text/javascript", "application/javascript"}
MANIFEST_TYPES = {"application/manifest+json"}

# What a browser fetches by itself while it shows a page: element -> attributes (HTML standard, chapter 4;
# SVG 2, chapter 16). `<a>` is left out, for nobody may ever follow it.
FETCHED: dict[str, tuple[str, ...]] = {
    "script": ("src",),
    "img": ("src",),
    "input": ("src",),
    "source": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "iframe": (),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "feimage": ("href", "xlink:href"),
}
SETS = ("srcset", "imagesrcset")
# Of `<link>` only these; the others (canonical, alternate, preconnect ...) name pages and hosts.
LINKS = {
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "icon",
    "manifest",
    "mask-icon",
    "modulepreload",
    "prefetch",
    "preload",
    "stylesheet",
}
# What others fetch when the page is shared.
META = {"og:image", "og:image:url", "og:image:secure_url", "og:video", "og:audio", "twitter:image"}


@dataclass(frozen=True)
class Needed:
    """An absolute URL that a document needs, how it is written there, and its line in what was served."""

    url: str
    written: str
    line: int


def needed(url: str, response: Response) -> list[Needed]:
    """What the document at ``url`` needs; nothing for a type that cannot refer to anything.

    References into the document itself (``#x``) and those without a host or path (``data:``) are left out.
    """
    media_type = response.content_type
    base = url
    found: Iterable[tuple[str, int]] = ()
    if media_type in HTML_TYPES:
        page = PageParser()
        page.feed(response.text())
        page.close()
        found = page.found
        base = urljoin(url, page.base)
    elif media_type in STYLESHEET_TYPES:
        found = _stylesheet(response.text())
    elif media_type in SCRIPT_TYPES:
        found = _module(response.text())
    elif media_type in MANIFEST_TYPES:
        found = _manifest_references(response.text())
    return list(_absolute(base, found))


def _absolute(base: str, found: Iterable[tuple[str, int]]) -> Iterator[Needed]:
    for written, line in found:
        reference = written.strip()
        if not reference or reference.startswith("#"):
            continue
        try:
            url = urljoin(base, reference)
            parts = urlsplit(url)
        except ValueError:  # not a URL, whatever the author meant: browsers ignore it
            continue
        if parts.scheme in {"http", "https"}:
            yield Needed(parts._replace(fragment="").geturl(), reference, line)


def _stylesheet(text: str) -> list[tuple[str, int]]:
    return [(mention.url, mention.line) for mention in stylesheet_references(text)]


def _module(text: str) -> list[tuple[str, int]]:
    """Imports and source maps. A bare name ("lit") is no URL: the browser looks it up in the page's import map."""
    return [
        (mention.url, mention.line)
        for mention in script_references(text)
        if mention.kind in {"sourcemap", "url"}
        or (mention.kind == "import" and (mention.url.startswith(("/", "./", "../")) or "://" in mention.url))
    ]


def _manifest_references(text: str) -> Iterator[tuple[str, int]]:
    """Icons, screenshots and the icons of shortcuts of a web app manifest (W3C, "Web Application Manifest")."""
    try:
        manifest = json.loads(text)
    except ValueError:
        return
    if not isinstance(manifest, dict):
        return
    images = [*manifest.get("icons", []), *manifest.get("screenshots", [])]
    for shortcut in manifest.get("shortcuts", []):
        images += shortcut.get("icons", [])
    for image in images:
        if isinstance(image, dict) and isinstance(image.get("src"), str):
            yield image["src"], 1


class PageParser(HTMLParser):
    """Collects what a page fetches, inline styles, module scripts and import maps included."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int]] = []
        self.base = ""
        self._inline: str | None = None  # what the text of the open element is: "css", "module" or "importmap"
        self._text = ""
        self._line = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the references of an element's attributes, and see what its text will be."""
        attributes = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        if tag == "base":
            self.base = attributes.get("href", "")
        for name in FETCHED.get(tag, ()):
            if name in attributes and (tag != "input" or attributes.get("type", "").lower() == "image"):
                self.found.append((attributes[name], line))
        if tag == "link" and not LINKS.isdisjoint(attributes.get("rel", "").lower().split()):
            self.found.append((attributes.get("href", ""), line))
        if tag == "meta" and (attributes.get("property") or attributes.get("name", "")).lower() in META:
            self.found.append((attributes.get("content", ""), line))
        for name in SETS:
            self.found += ((url, line) for url in candidates(attributes.get(name, "")))
        if "style" in attributes:
            self.found += ((url, line) for url, _ in _stylesheet(attributes["style"]))
        self._open(tag, attributes, line)

    def _open(self, tag: str, attributes: dict[str, str], line: int) -> None:
        kind = attributes.get("type", "").lower()
        if tag == "style":
            self._inline = "css"
        elif tag == "script" and "src" not in attributes and kind in {"module", "importmap"}:
            self._inline = kind
        self._text, self._line = "", line

    def handle_data(self, data: str) -> None:
        """Keep the text of a style or script element."""
        if self._inline:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Read the text of the style or script element that ends here."""
        if tag not in {"style", "script"} or not self._inline:
            return
        kind, self._inline = self._inline, None
        if kind == "css":
            inner = _stylesheet(self._text)
        elif kind == "module":
            inner = _module(self._text)
        else:
            inner = list(_import_map(self._text))
        self.found += ((url, self._line + line - 1) for url, line in inner)


def candidates(srcset: str) -> Iterator[str]:
    """The URLs of a ``srcset``: each ends at a space; a comma that ends a URL belongs to the list, not to the URL."""
    rest = srcset.strip()
    while rest:
        url, *others = rest.split(maxsplit=1)
        rest = others[0] if others else ""
        yield url.strip(",")
        if not url.endswith(","):
            _, _, rest = rest.partition(",")


def _import_map(text: str) -> Iterator[tuple[str, int]]:
    """The URLs of an import map; a key that ends in a slash maps a whole folder and names no file."""
    try:
        imports = json.loads(text)["imports"]
    except (ValueError, KeyError, TypeError):
        return
    for name, url in imports.items():
        if isinstance(url, str) and not name.endswith("/"):
            yield url, 1
