"""The rules of MDN's HTTP Observatory. A response without faults gets full marks in each of its ten tests.

The tests and their marks: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. Extra credit is
required where the Observatory grants it. Four rules are added: Permissions-Policy, the policies for frames and forms,
the opener policy, and no version of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

from production.visitor import Answer

SIX_MONTHS = 15_768_000  # seconds, from the Observatory's test of HSTS
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
BROAD = {"*", "http:", "https:", "ftp:", "data:", "'unsafe-inline'", "'unsafe-eval'", "http://*", "https://*"}


def faults(answer: Answer, *, page: bool = True) -> list[str]:
    """Return the faults of an answer. Other sites may embed a static file, but not a page."""
    return [*content_security_policy(answer), *cookies(answer), *sharing(answer, page), *others(answer, page)]


def content_security_policy(answer: Answer) -> Iterator[str]:
    values = answer.headers.get_all("Content-Security-Policy", [])
    if len(values) != 1:
        yield f"{len(values)} headers Content-Security-Policy"
        return
    policy = {name: set(sources) for name, *sources in (part.split() for part in values[0].split(";") if part.strip())}
    if policy.get("default-src") != {"'none'"}:
        yield "default-src is not 'none' alone"
    for name in ("script-src", "style-src", "object-src", "connect-src", "font-src"):
        if loose := policy.get(name, set()) & BROAD:
            yield f"{name} has {loose}"
    if insecure := [
        source for sources in policy.values() for source in sources if source.startswith(("http:", "ftp:"))
    ]:
        yield f"the policy allows {insecure}"
    for name in ("frame-ancestors", "base-uri", "form-action"):
        if not policy.get(name) or not policy[name] <= {"'none'", "'self'"}:
            yield f"{name} is {policy.get(name)}"


def cookies(answer: Answer) -> Iterator[str]:
    for line in answer.headers.get_all("Set-Cookie", []):
        for name, morsel in SimpleCookie(line).items():
            if not morsel["secure"]:
                yield f"the cookie {name} is not Secure"
            if "sess" in name and not morsel["httponly"]:
                yield f"the cookie {name} is not HttpOnly"
            if morsel["samesite"] not in {"Lax", "Strict"}:
                yield f"the cookie {name} has SameSite {morsel['samesite']!r}"
            if not name.startswith("__Host-") and name != "messages":
                yield f"the cookie {name} has no prefix __Host-"


def sharing(answer: Answer, page: bool) -> Iterator[str]:
    if answer.headers["Access-Control-Allow-Credentials"]:
        yield "Access-Control-Allow-Credentials"
    if answer.headers["Access-Control-Allow-Origin"] not in ({None} if page else {None, "*"}):
        yield f"Access-Control-Allow-Origin is {answer.headers['Access-Control-Allow-Origin']}"
    allowed = {"same-origin", "same-site"} if page else {"same-origin", "same-site", "cross-origin"}
    if answer.headers["Cross-Origin-Resource-Policy"] not in allowed:
        yield f"Cross-Origin-Resource-Policy is {answer.headers['Cross-Origin-Resource-Policy']}"
    if page:  # a script of another origin would need its hash (subresource integrity); the site has none
        for source in re.findall(r"<script[^>]*\bsrc=[\"']?([^\"'\s>]+)", answer.body.decode(errors="replace")):
            if not re.match(r"/[^/]", source):
                yield f"a script of another origin: {source}"


def others(answer: Answer, page: bool) -> Iterator[str]:
    transport = answer.headers["Strict-Transport-Security"] or ""
    age = re.search(r"max-age=(\d+)", transport)
    if not age or int(age[1]) < SIX_MONTHS or "includeSubDomains" not in transport:
        yield f"Strict-Transport-Security is {transport!r}"
    if answer.headers["Referrer-Policy"] not in PRIVATE:
        yield f"Referrer-Policy is {answer.headers['Referrer-Policy']}"
    if answer.headers["X-Content-Type-Options"] != "nosniff":
        yield f"X-Content-Type-Options is {answer.headers['X-Content-Type-Options']}"
    if answer.headers["X-Frame-Options"] != "DENY":
        yield f"X-Frame-Options is {answer.headers['X-Frame-Options']}"
    if "camera=()" not in (answer.headers["Permissions-Policy"] or ""):
        yield f"Permissions-Policy is {answer.headers['Permissions-Policy']}"
    if page and answer.headers["Cross-Origin-Opener-Policy"] != "same-origin":
        yield f"Cross-Origin-Opener-Policy is {answer.headers['Cross-Origin-Opener-Policy']}"
    if answer.headers["X-Powered-By"] or re.search(r"\d", answer.headers["Server"] or ""):
        yield "the server reveals its version"
