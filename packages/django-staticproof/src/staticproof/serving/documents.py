"""The references of a document that a site has served: HTML, SVG, stylesheets, scripts and web manifests.

The static analysis reads templates. This module reads responses, as a browser does.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator
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

# Element and attribute -> the CSP directive of a URL that a browser fetches or opens, and its name in messages (HTML
# standard, chapter 4; SVG 2, chapter 16). `<a>` is left out, because browsers fetch it only after a click.
ATTRIBUTES = {
    ("script", "src"): ("script-src-elem", "script"),
    ("img", "src"): ("img-src", "image"),
    ("source", "src"): ("media-src", "media file"),
    ("audio", "src"): ("media-src", "audio file"),
    ("video", "src"): ("media-src", "video"),
    ("video", "poster"): ("img-src", "image"),
    ("track", "src"): ("media-src", "text track"),
    ("embed", "src"): ("object-src", "embedded object"),
    ("object", "data"): ("object-src", "embedded object"),
    ("iframe", "src"): ("frame-src", "frame"),
    ("form", "action"): ("form-action", "form"),
    ("button", "formaction"): ("form-action", "form"),
    ("input", "formaction"): ("form-action", "form"),
    ("base", "href"): ("base-uri", "base URL"),
    **{(tag, name): ("img-src", "image") for tag in ("image", "use", "feimage") for name in ("href", "xlink:href")},
}
OPENED = {"frame-src", "form-action", "base-uri"}  # pages, not files
# Relations of `<link>` that load a file. The others (canonical, alternate, preconnect ...) name pages and hosts.
LINKS = {
    "stylesheet": ("style-src-elem", "stylesheet"),
    "manifest": ("manifest-src", "web manifest"),
    "modulepreload": ("script-src-elem", "script"),
    **dict.fromkeys(
        ("icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"),
        ("img-src", "icon"),
    ),
    "preload": ("", "preloaded file"),
    "prefetch": ("", "preloaded file"),
}
PRELOADED = {"script": "script-src-elem", "style": "style-src-elem", "image": "img-src", "font": "font-src"}
SETS = {"srcset", "imagesrcset"}
SCRIPTS = {"", "module", "importmap", "speculationrules", "text/ecmascript", "application/ecmascript"}
SCRIPTS |= {*SCRIPT_TYPES, "application/x-javascript"}
# Other sites fetch these when a user shares the page.
META = {"og:image", "og:image:url", "og:image:secure_url", "og:video", "og:audio", "twitter:image"}


@dataclass(frozen=True)
class Needed:
    """An absolute URL that a document needs, the URL as written, and its line in the response."""

    url: str
    written: str
    line: int


@dataclass
class Element:
    """An element of a page, with the text of a script or style."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""

    @property
    def is_script(self) -> bool:
        """Whether the element is a script. A script element of another type is a block of data."""
        kind = self.attributes.get("type", "").partition(";")[0].strip().lower()
        return self.tag == "script" and kind in SCRIPTS

    def uses(self) -> Iterator[tuple[str, str, str]]:
        """Yield the CSP directive (or ""), the name in messages and the URL as written, for each URL that is loaded."""
        tag, attributes = self.tag, self.attributes
        for name, value in attributes.items():
            if name in SETS:
                yield from (("img-src", "image", url) for url in candidates(value))
            elif tag == "script" and not self.is_script:
                pass  # a block of data
            elif (tag, name) == ("input", "src") and attributes.get("type", "").lower() == "image":
                yield "img-src", "image", value
            elif (tag, name) in ATTRIBUTES:
                yield (*ATTRIBUTES[tag, name], value)
        relations = attributes.get("rel", "").lower().split() if tag == "link" else []
        for directive, what in [LINKS[relation] for relation in LINKS if relation in relations][:1]:
            wanted = directive or PRELOADED.get(attributes.get("as", "").lower(), "")
            yield wanted, what, attributes.get("href", "")
        if tag == "meta" and (attributes.get("property") or attributes.get("name", "")).lower() in META:
            yield "", "image", attributes.get("content", "")


def needed(url: str, response: Response) -> list[Needed]:
    """Return the references of the document at ``url``, or nothing for a type without references.

    References to the document itself (``#x``) and URLs without a host or path (``data:``) are left out.
    """
    media_type = response.content_type
    base = url
    found: Iterable[tuple[str, int]] = ()
    if media_type in HTML_TYPES:
        page = elements(response.text())
        found = [reference for element in page for reference in _of_element(element)]
        base = base_of(url, page)
    elif media_type in STYLESHEET_TYPES:
        found = _stylesheet(response.text())
    elif media_type in SCRIPT_TYPES:
        found = _module(response.text())
    elif media_type in MANIFEST_TYPES:
        found = _manifest_references(response.text())
    return list(_absolute(base, found))


@functools.lru_cache(maxsize=2)
def elements(text: str) -> list[Element]:
    """Return the elements of a page, in their order."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return parser.elements


def base_of(url: str, page: list[Element]) -> str:
    """Return the URL that the references of a page are relative to."""
    bases = [element.attributes.get("href", "") for element in page if element.tag == "base"]
    return urljoin(url, bases[-1]) if bases else url


def candidates(srcset: str) -> Iterator[str]:
    """Yield the URLs of a ``srcset``. A URL ends at a space. A comma at its end separates it from the next one."""
    rest = srcset.strip()
    while rest:
        url, *others = rest.split(maxsplit=1)
        rest = others[0] if others else ""
        yield url.strip(",")
        if not url.endswith(","):
            _, _, rest = rest.partition(",")


class _Parser(HTMLParser):
    """Collect the elements of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: Element | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add an element."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes, self.getpos()[0]))
        self._open = self.elements[-1] if tag in {"script", "style"} else None

    def handle_data(self, data: str) -> None:
        """Keep the text of a script or style element."""
        if self._open:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        self._open = None


def _of_element(element: Element) -> Iterator[tuple[str, int]]:
    yield from ((url, element.line) for directive, _, url in element.uses() if directive not in OPENED)
    yield from ((url, element.line) for url, _ in _stylesheet(element.attributes.get("style", "")))
    kind = element.attributes.get("type", "").lower()
    inner: Iterable[tuple[str, int]] = ()
    if element.tag == "style":
        inner = _stylesheet(element.text)
    elif element.tag == "script" and kind in INNER:
        inner = INNER[kind](element.text)
    yield from ((url, element.line + line - 1) for url, line in inner)


def _absolute(base: str, found: Iterable[tuple[str, int]]) -> Iterator[Needed]:
    for written, line in found:
        reference = written.strip()
        if not reference or reference.startswith("#"):
            continue
        try:
            url = urljoin(base, reference)
            parts = urlsplit(url)
        except ValueError:  # browsers ignore an invalid URL
            continue
        if parts.scheme in {"http", "https"}:
            yield Needed(parts._replace(fragment="").geturl(), reference, line)


def _stylesheet(text: str) -> list[tuple[str, int]]:
    return [(mention.url, mention.line) for mention in stylesheet_references(text) if mention.kind != "sourcemap"]


def _module(text: str) -> list[tuple[str, int]]:
    """Return the imports of a script. Leave out source maps, which only developer tools fetch.

    A bare name ("lit") is not a URL. The browser looks it up in the page's import map.
    """
    return [
        (mention.url, mention.line)
        for mention in script_references(text)
        if mention.kind == "url"
        or (mention.kind == "import" and (mention.url.startswith(("/", "./", "../")) or "://" in mention.url))
    ]


def _manifest_references(text: str) -> Iterator[tuple[str, int]]:
    """Yield icons, screenshots and icons of shortcuts in a web app manifest (W3C, "Web Application Manifest")."""
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield from ((value, 1) for key, value in node.items() if key == "src" and isinstance(value, str))
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _import_map(text: str) -> Iterator[tuple[str, int]]:
    """Yield the URLs of an import map. A key that ends in a slash maps a whole folder, not a file."""
    try:
        imports = json.loads(text)["imports"]
    except (ValueError, KeyError, TypeError):
        return
    for name, url in imports.items():
        if isinstance(url, str) and not name.endswith("/"):
            yield url, 1


INNER: dict[str, Callable[[str], Iterable[tuple[str, int]]]] = {"module": _module, "importmap": _import_map}
