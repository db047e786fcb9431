"""Find the parts of a page that its Content-Security-Policy blocks (CSP Level 3, https://www.w3.org/TR/CSP3/).

Only the page itself is checked. Only a browser can check the files that its scripts and stylesheets load later.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .clients import Response
from .documents import Element, base_of, elements

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
# A source with a host: https://*.example.com:443/path/ (CSP3, section 2.3.1).
HOST = re.compile(r"(?:(?P<scheme>[\w+.-]+)://)?(?P<host>[^:/]+)(?::(?P<port>\d+|\*))?(?P<path>/.*)?")

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
            if name is not None and not _allowed(use, policy[name], url):
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


def _allowed(use: _Use, sources: list[str], page: str) -> bool:
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
    if dynamic:
        return False
    return any(_matches(use.url, source, page) for source in sources)


def _digest(text: str, source: str) -> bool:
    name, _, expected = source.strip("'").partition("-")
    if name.lower() not in DIGESTS:
        return False
    digest = base64.b64encode(DIGESTS[name.lower()](text.encode()).digest()).decode()
    return digest == expected.replace("-", "+").replace("_", "/")


def _matches(url: str, source: str, page: str) -> bool:
    """Return whether a URL matches a source expression (CSP3, section 6.7.2.8)."""
    parts, own = urlsplit(url), urlsplit(page)
    scheme = parts.scheme
    if source.lower() == "'self'":
        source = f"{own.scheme}://{own.netloc}"
    if source == "*":
        return scheme in PORTS or scheme == own.scheme
    if source.endswith(":"):
        return _fits(source[:-1].lower(), scheme)
    wanted = HOST.fullmatch(source)
    if source.startswith("'") or not wanted or not _fits((wanted["scheme"] or own.scheme).lower(), scheme):
        return False
    host, name = parts.hostname or "", wanted["host"].lower()
    if not (host.endswith(name[1:]) if name.startswith("*.") else host == name):
        return False
    usual = PORTS.get(scheme)
    if wanted["port"] != "*" and str(parts.port or usual) != (wanted["port"] or str(usual)):
        return False
    path = wanted["path"] or "/"
    return path == "/" or parts.path == path or (path.endswith("/") and parts.path.startswith(path))


def _fits(wanted: str, scheme: str) -> bool:
    return scheme == wanted or (wanted, scheme) == ("http", "https")


# --- Reading the page -------------------------------------------------------------------------------------------------


def _uses(page: list[Element], url: str) -> Iterator[_Use]:
    """Yield the resources of a page that a policy can block."""
    base = base_of(url, page)
    for element in page:
        nonce = element.attributes.get("nonce", "")
        yield from _inline(element, nonce)
        for directive, what, value in element.uses():
            written = value.strip()
            try:
                target = urljoin(url if directive == "base-uri" else base, written)
                scheme = urlsplit(target).scheme
            except ValueError:
                continue
            if directive and written and not written.startswith("#") and scheme not in UNFETCHED:
                yield _Use(directive, what, target, None, nonce, written)


def _inline(element: Element, nonce: str) -> Iterator[_Use]:
    for name, value in element.attributes.items():
        if name == "style" and value.strip():
            yield _Use("style-src-attr", "style attribute", inline=value)
        elif name.startswith("on") and len(name) > 3 and value.strip():
            yield _Use("script-src-attr", f"event handler ({name})", inline=value)
        elif name in {"href", "action", "formaction"} and value.strip().lower().startswith("javascript:"):
            yield _Use("script-src-attr", f"javascript: URL in {name}", inline=value.strip())
    if element.text and element.tag == "style":
        yield _Use("style-src-elem", "inline stylesheet", inline=element.text, nonce=nonce)
    elif element.text and "src" not in element.attributes and element.is_script:
        yield _Use("script-src-elem", "inline script", inline=element.text, nonce=nonce)
