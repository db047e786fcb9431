"""Which pages of a site can be asked for without knowing more than its URL patterns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern
from django.utils.regex_helper import normalize

# A GET should change nothing (RFC 9110, section 9.2.1), and a logout by GET is the well-known offender.
LEFT_ALONE = ("logout", "log-out", "signout", "sign-out")


@dataclass
class Patterns:
    """The paths that need no arguments, in the order of the patterns, and how many patterns do need some."""

    paths: list[str] = field(default_factory=list)
    need_arguments: int = 0


def patterns(urlconf: str) -> Patterns:
    """Walk the patterns of a root urlconf, included ones too.

    Takes the dotted name of the module. A path that several patterns share is listed once; logouts are left out.
    """
    found = Patterns()
    for route in _routes(import_module(urlconf).urlpatterns, ""):
        if route is None:
            found.need_arguments += 1
        elif route not in found.paths and not any(word in route.lower() for word in LEFT_ALONE):
            found.paths.append(route)
    return found


def _routes(entries: list[Any], prefix: str | None) -> Iterator[str | None]:
    """The literal path of every pattern; None where one takes arguments."""
    for entry in entries:
        literal = _literal(entry.pattern)
        path = None if prefix is None or literal is None else prefix + literal
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            yield None if path is None else f"/{path}"


def _literal(pattern: Any) -> str | None:
    """What a pattern matches when it takes no arguments, or None when it takes some."""
    if isinstance(pattern, LocalePrefixPattern):
        return pattern.language_prefix
    if isinstance(pattern, RoutePattern):
        return None if pattern.converters else str(pattern)
    if isinstance(pattern, RegexPattern):
        forms: list[tuple[str, list[str]]] = normalize(pattern.regex.pattern)
        return next((form for form, arguments in forms if not arguments), None)
    return None
