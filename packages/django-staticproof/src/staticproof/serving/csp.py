"""Find the parts of a page that its Content-Security-Policy blocks (CSP Level 3, https://www.w3.org/TR/CSP3/).

Only the page itself is checked. Only a browser can check the files that its scripts and stylesheets load later.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .clients import Response
from .documents import Element, base_of, candidates, elements

HEADER = "content-security-policy"
# When a directive is missing, the next one in the line applies (CSP3, section 6.8.3).
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
UNFETCHED = {"about", "mailto", "tel", "javascript"}

# Element and attribute -> directive and the name in messages. Those that depend on more are in `_fetches`.
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
LINKS = {
    "stylesheet": ("style-src-elem", "stylesheet"),
    "icon": ("img-src", "icon"),
    "apple-touch-icon": ("img-src", "icon"),
    "manifest": ("manifest-src", "web manifest"),
    "modulepreload": ("script-src-elem", "script"),
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
    """A blocked part of a page: the rest of a sentence about the page, the hint, and texts to find in a template.

    ``written`` has the most specific text first.
    """

    fault: str
    hint: str
    written: tuple[str, ...]


@dataclass(frozen=True)
class _Use:
    """A resource of a page: a URL, or the text of a script or style in ``inline``."""

    directive: str
    what: str
    url: str = ""
    inline: str | None = None
    nonce: str = ""
    integrity: str = ""
    line: str = ""


def blocked(url: str, response: Response) -> list[Blocked]:
    """Return the parts of an HTML page that its policies block, each cause once."""
    header = response.headers.get(HEADER, "")
    if not header or response.content_type not in {"text/html", "application/xhtml+xml"}:
        return []
    uses = list(_uses(elements(response.text()), url))
    found: dict[Blocked, None] = {}
    for policy in map(_directives, header.split(",")):
        for use in uses:
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


def _uses(page: list[Element], url: str) -> Iterator[_Use]:
    """Yield the resources of a page that a policy can block."""
    base = base_of(url, page)
    for element in page:
        attributes, nonce = element.attributes, element.attributes.get("nonce", "")
        yield from _inline(element, nonce)
        for directive, what, written in _fetches(element):
            try:
                target = urljoin(url if directive == "base-uri" else base, written.strip())
                scheme = urlsplit(target).scheme
            except ValueError:
                continue
            if written.strip() and not written.strip().startswith("#") and scheme not in UNFETCHED:
                integrity = attributes.get("integrity", "")
                yield _Use(directive, what, target, None, nonce, integrity, written.strip())


def _inline(element: Element, nonce: str) -> Iterator[_Use]:
    for name, value in element.attributes.items():
        if not value.strip():
            continue
        if name == "style":
            yield _Use("style-src-attr", "style attribute", inline=value)
        elif name.startswith("on") and len(name) > 3:
            yield _Use("script-src-attr", f"event handler ({name})", inline=value)
        elif name in {"href", "action", "formaction"} and value.strip().lower().startswith("javascript:"):
            yield _Use("script-src-attr", f"javascript: URL in {name}", inline=value.strip())
    if element.text and element.tag == "style":
        yield _Use("style-src-elem", "inline stylesheet", inline=element.text, nonce=nonce)
    elif element.text and "src" not in element.attributes and _is_script(element):
        yield _Use("script-src-elem", "inline script", inline=element.text, nonce=nonce)


def _is_script(element: Element) -> bool:
    """Return whether the element is a script. A script element of another type is a block of data."""
    kind = element.attributes.get("type", "").partition(";")[0].strip().lower()
    return element.tag == "script" and kind in SCRIPTS


def _fetches(element: Element) -> Iterator[tuple[str, str, str]]:
    """Yield the directive, the name in messages and the URL of each file that a browser fetches for an element."""
    tag, attributes = element.tag, element.attributes
    for name, value in attributes.items():
        if (tag, name) in FETCHES:
            yield (*FETCHES[tag, name], value)
        if name in {"srcset", "imagesrcset"}:
            yield from (("img-src", "image", candidate) for candidate in candidates(value))
    if _is_script(element):
        yield "script-src-elem", "script", attributes.get("src", "")
    elif tag == "source":
        yield (
            *(("img-src", "image") if element.in_picture else ("media-src", "media file")),
            attributes.get("src", ""),
        )
    elif tag == "input" and attributes.get("type", "").lower() == "image":
        yield "img-src", "image", attributes.get("src", "")
    elif tag == "link":
        relations = set(attributes.get("rel", "").lower().split())
        preloaded = PRELOADED.get(attributes.get("as", "").lower()) if "preload" in relations else None
        kinds = [LINKS[relation] for relation in sorted(relations) if relation in LINKS]
        for directive, what in [(preloaded, "preloaded file")] if preloaded else kinds[:1]:
            yield directive, what, attributes.get("href", "")
