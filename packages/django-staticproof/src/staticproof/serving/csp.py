"""What the Content-Security-Policy of a page blocks in that page (CSP Level 3, https://www.w3.org/TR/CSP3/).

Only the page itself is judged: what its scripts and stylesheets load later, a browser has to tell.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from .clients import Response
from .documents import candidates

HEADER = "content-security-policy"
# Where a directive is missing, the next of its line holds (CSP3, section 6.8.3).
FALLBACKS = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "script-src-attr": ("script-src-attr", "script-src", "default-src"),
    "style-src-elem": ("style-src-elem", "style-src", "default-src"),
    "style-src-attr": ("style-src-attr", "style-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "form-action": ("form-action",),
    "base-uri": ("base-uri",),
}
DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LOCAL_SCHEMES = {"about", "mailto", "tel"}

# Element and attribute -> directive and the name in messages. Those that depend on more are in `_Page`.
FETCHES = {
    ("img", "src"): ("img-src", "image"),
    ("image", "href"): ("img-src", "image"),
    ("image", "xlink:href"): ("img-src", "image"),
    ("video", "src"): ("media-src", "video"),
    ("video", "poster"): ("img-src", "image"),
    ("audio", "src"): ("media-src", "audio file"),
    ("track", "src"): ("media-src", "text track"),
    ("embed", "src"): ("object-src", "embedded object"),
    ("object", "data"): ("object-src", "embedded object"),
    ("iframe", "src"): ("frame-src", "frame"),
    ("form", "action"): ("form-action", "form"),
    ("button", "formaction"): ("form-action", "form"),
    ("input", "formaction"): ("form-action", "form"),
    ("base", "href"): ("base-uri", "base URL"),
}
PRELOADED = {"script": "script-src-elem", "style": "style-src-elem", "image": "img-src", "font": "font-src"}
SCRIPTS = {"", "module", "importmap", "speculationrules", "text/javascript", "application/javascript"}
SCRIPTS |= {"text/ecmascript", "application/ecmascript", "application/x-javascript"}

INLINE_HINTS = {
    "script-src-elem": "Move it to a static file, <script src=\"{% static 'js/name.js' %}\">, or allow it by "
    'nonce="{{ csp_nonce }}".',
    "script-src-attr": "Add the listener in a static script: element.addEventListener(...).",
    "style-src-elem": 'Move it to a static stylesheet, or allow it by nonce="{{ csp_nonce }}".',
    "style-src-attr": "Move it to a class in a static stylesheet.",
}


@dataclass(frozen=True)
class Blocked:
    """What is blocked: the rest of a sentence about the page, what to write, and how it may be written in a template.

    ``written`` has the most telling text first.
    """

    fault: str
    hint: str
    written: tuple[str, ...]


@dataclass(frozen=True)
class _Use:
    """Something that a page uses: a URL, or with ``inline`` the text of a script or style."""

    directive: str
    what: str
    url: str = ""
    inline: str | None = None
    nonce: str = ""
    integrity: str = ""
    line: str = ""


def blocked(url: str, response: Response) -> list[Blocked]:
    """Return what the policies that an HTML page was sent with block in it, each cause once."""
    header = response.headers.get(HEADER, "")
    if not header or response.content_type not in {"text/html", "application/xhtml+xml"}:
        return []
    page = _Page(url)
    page.feed(response.text())
    page.close()
    found: dict[Blocked, None] = {}
    for policy in map(_directives, header.split(",")):
        for use in page.uses:
            names = FALLBACKS.get(use.directive, (use.directive, "default-src"))
            name = next((name for name in names if name in policy), None)
            if name is not None and not _allowed(use, policy[name], url, "upgrade-insecure-requests" in policy):
                found[_block(use, f"{name} {' '.join(policy[name])}".strip())] = None
    return list(found)


def _directives(policy: str) -> dict[str, list[str]]:
    directives: dict[str, list[str]] = {}
    for part in policy.split(";"):
        if words := part.split():
            directives.setdefault(words[0].lower(), words[1:])
    return directives


def _block(use: _Use, directive: str) -> Blocked:
    if use.inline is None:
        host = urlsplit(use.url)
        origin = f"{host.scheme}://{host.netloc}" if host.netloc else f"{host.scheme}:"
        fault = f"uses the {use.what} {use.url[:100]}, which its Content-Security-Policy blocks ({directive})."
        hint = f"Serve it from the site itself, or add {origin} to {use.directive.removesuffix('-elem')}."
        if use.directive in {"form-action", "base-uri"}:
            hint = f"Add {origin} to {use.directive}."
        return Blocked(fault, hint, (use.line,))
    text = use.inline.strip()
    lines = sorted({line.strip() for line in text.splitlines()}, key=len, reverse=True)
    fault = f"has an {use.what} that its Content-Security-Policy blocks ({directive})."
    return Blocked(fault, INLINE_HINTS[use.directive], (text, *(line for line in lines[:5] if len(line) > 3)))


# --- Matching ---------------------------------------------------------------------------------------------------------


def _allowed(use: _Use, sources: list[str], page: str, upgraded: bool) -> bool:
    if use.nonce and f"'nonce-{use.nonce}'" in sources and not use.directive.endswith("-attr"):
        return True
    keywords = {source.lower() for source in sources}
    strict = any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources)
    dynamic = "'strict-dynamic'" in keywords and use.directive.startswith("script-src")
    if use.inline is not None:
        if "'unsafe-inline'" in keywords and not strict and not dynamic:
            return True
        may_hash = not use.directive.endswith("-attr") or "'unsafe-hashes'" in keywords
        return may_hash and any(_digest(use.inline, source) for source in sources)
    if use.directive == "script-src-elem" and use.integrity:
        hashes = use.integrity.split()
        if hashes and all(f"'{value}'" in sources for value in hashes):
            return True
    if dynamic:
        return False
    return any(_matches(use.url, source, page, upgraded) for source in sources)


def _digest(text: str, source: str) -> bool:
    name, _, expected = source.strip("'").partition("-")
    if name.lower() not in DIGESTS:
        return False
    digest = base64.b64encode(DIGESTS[name.lower()](text.encode()).digest()).decode()
    return digest == expected.replace("-", "+").replace("_", "/")


def _matches(url: str, source: str, page: str, upgraded: bool) -> bool:
    """Return whether a URL matches a source expression (CSP3, section 6.7.2.8)."""
    parts, own = urlsplit(url), urlsplit(page)
    scheme = "https" if upgraded and parts.scheme == "http" else parts.scheme
    keyword = source.lower()
    if keyword == "*":
        return scheme in PORTS or scheme == own.scheme
    if keyword == "'self'":
        same = parts.hostname == own.hostname and scheme in {own.scheme, "https"}
        return same and (_port(parts.port, scheme) == _port(own.port, own.scheme) or _usual(parts.port, scheme))
    if keyword.startswith("'"):
        return False
    if keyword.endswith(":") and "/" not in keyword:
        return scheme == keyword[:-1] or (keyword == "http:" and scheme == "https")
    wanted = urlsplit(keyword if "://" in keyword else f"//{source}")
    if wanted.scheme:
        if scheme != wanted.scheme and not (wanted.scheme == "http" and scheme == "https"):
            return False
    elif scheme != own.scheme and not (own.scheme == "http" and scheme == "https"):
        return False
    host, name = parts.hostname or "", (wanted.netloc.rpartition(":")[0] or wanted.netloc).lower()
    if name.startswith("*."):
        if not host.endswith(name[1:]):
            return False
    elif host != name.partition(":")[0]:
        return False
    port = wanted.netloc.rpartition(":")[2] if ":" in wanted.netloc else ""
    if port == "*" or (port and str(_port(parts.port, scheme)) == port):
        pass
    elif port or not _usual(parts.port, scheme):
        return False
    path = urlsplit(source if "://" in source else f"//{source}").path
    return path in {"", "/"} or parts.path == path or (path.endswith("/") and parts.path.startswith(path))


def _port(port: int | None, scheme: str) -> int | None:
    return port or PORTS.get(scheme)


def _usual(port: int | None, scheme: str) -> bool:
    return port is None or port == PORTS.get(scheme)


# --- Reading the page -------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Collects what a page uses that a policy may block."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = self.base = url
        self.uses: list[_Use] = []
        self._open: _Use | None = None
        self._text = ""
        self._picture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element's attributes use, and see whether its text is a script or a style."""
        attributes = {name: value or "" for name, value in attrs}
        nonce = attributes.get("nonce", "")
        for name, value in attributes.items():
            if (tag, name) in FETCHES:
                self._use(*FETCHES[tag, name], value)
            if name in {"srcset", "imagesrcset"}:
                for candidate in candidates(value):
                    self._use("img-src", "image", candidate)
            if name == "style" and value.strip():
                self.uses.append(_Use("style-src-attr", "style attribute", inline=value))
            if name.startswith("on") and len(name) > 3 and value.strip():
                self.uses.append(_Use("script-src-attr", f"event handler ({name})", inline=value))
            if name in {"href", "action", "formaction"} and value.strip().lower().startswith("javascript:"):
                self.uses.append(_Use("script-src-attr", f"javascript: URL in {name}", inline=value.strip()))
        if tag == "base":
            self.base = urljoin(self.url, attributes.get("href", ""))
        elif tag == "link":
            self._link(attributes, nonce)
        elif tag == "script":
            self._script(attributes, nonce)
        elif tag == "style":
            self._open, self._text = _Use("style-src-elem", "inline stylesheet", nonce=nonce), ""
        elif tag == "picture":
            self._picture = True
        elif tag == "source":
            directive, what = ("img-src", "image") if self._picture else ("media-src", "media file")
            self._use(directive, what, attributes.get("src", ""))
        elif tag == "input" and attributes.get("type", "").lower() == "image":
            self._use("img-src", "image", attributes.get("src", ""))

    def _link(self, attributes: dict[str, str], nonce: str) -> None:
        relations = set(attributes.get("rel", "").lower().split())
        href = attributes.get("href", "")
        if "stylesheet" in relations:
            self._use("style-src-elem", "stylesheet", href, nonce)
        elif "icon" in relations or "apple-touch-icon" in relations:
            self._use("img-src", "icon", href)
        elif "manifest" in relations:
            self._use("manifest-src", "web manifest", href)
        elif "modulepreload" in relations:
            self._use("script-src-elem", "script", href, nonce, attributes.get("integrity", ""))
        elif "preload" in relations and attributes.get("as", "").lower() in PRELOADED:
            self._use(PRELOADED[attributes["as"].lower()], "preloaded file", href, nonce)

    def _script(self, attributes: dict[str, str], nonce: str) -> None:
        if attributes.get("type", "").partition(";")[0].strip().lower() not in SCRIPTS:
            return  # a block of data
        if "src" in attributes:
            self._use("script-src-elem", "script", attributes["src"], nonce, attributes.get("integrity", ""))
        else:
            self._open, self._text = _Use("script-src-elem", "inline script", nonce=nonce), ""

    def handle_data(self, data: str) -> None:
        """Keep the text of a script or style element."""
        if self._open:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Take the text of the script or style element that ends here."""
        if tag == "picture":
            self._picture = False
        if tag in {"script", "style"} and self._open:
            if self._text:
                self.uses.append(_Use(self._open.directive, self._open.what, inline=self._text, nonce=self._open.nonce))
            self._open = None

    def _use(self, directive: str, what: str, written: str, nonce: str = "", integrity: str = "") -> None:
        try:
            url = urljoin(self.base, written.strip())
            scheme = urlsplit(url).scheme
        except ValueError:
            return
        if written.strip() and not written.strip().startswith("#") and scheme not in {*LOCAL_SCHEMES, "javascript"}:
            self.uses.append(_Use(directive, what, url, None, nonce, integrity, written.strip()))
