"""The pages to request from a site: URL patterns without arguments, and patterns whose arguments are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern
from django.utils.regex_helper import normalize

# A GET request should change nothing (RFC 9110, section 9.2.1). A logout by GET is the usual exception.
LEFT_ALONE = ("logout", "log-out", "signout", "sign-out")
WILD = frozenset("*?[")


@dataclass
class Patterns:
    """The paths to request, in the order of the patterns, and the number of patterns whose arguments are unknown.

    ``unknown`` are entries of STATICPROOF_URL_ARGUMENTS that match no pattern.
    """

    paths: list[str] = field(default_factory=list)
    need_arguments: int = 0
    unknown: list[str] = field(default_factory=list)


def patterns(urlconf: str, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> Patterns:
    """Walk the patterns of a root urlconf, included ones too.

    ``urlconf`` is the dotted name of the module. ``include`` and ``exclude`` are paths, or patterns as in `fnmatch`. A
    path in ``include`` is requested even when no URL pattern has it. Arguments come from the setting
    STATICPROOF_URL_ARGUMENTS. A path of several patterns is listed once. Logouts are left out.
    """
    found = Patterns()
    routes: list[str] = [path for path in include if WILD.isdisjoint(path)]
    given = _given(urlconf, found.unknown)
    for route, name in _routes(import_module(urlconf).urlpatterns, "", ""):
        if route is not None:
            routes.append(route)
        elif name in given:
            routes += given[name]
        else:
            found.need_arguments += 1
    for route in routes:
        if route not in found.paths and wanted(route, include, exclude):
            found.paths.append(route)
    return found


def wanted(path: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Return whether to request a path."""
    if any(fnmatchcase(path, pattern) for pattern in exclude):
        return False
    include = tuple(include)
    if path in include:
        return True
    if include and not any(fnmatchcase(path, pattern) for pattern in include):
        return False
    return not any(word in path.lower() for word in LEFT_ALONE)


def _given(urlconf: str, unknown: list[str]) -> dict[str, list[str]]:
    """Return the paths of the patterns in the setting STATICPROOF_URL_ARGUMENTS, by the name of the pattern."""
    paths: dict[str, list[str]] = {}
    configured: dict[str, Any] = getattr(settings, "STATICPROOF_URL_ARGUMENTS", None) or {}
    for name, given in configured.items():
        for arguments in given if isinstance(given, list) else [given]:
            positional = arguments if isinstance(arguments, tuple) else (arguments,)
            by_name = {"kwargs": arguments} if isinstance(arguments, dict) else {"args": positional}
            try:
                paths.setdefault(name, []).append(reverse(name, urlconf, **by_name))
            except NoReverseMatch:
                unknown.append(name)
    return paths


def _routes(entries: list[Any], prefix: str | None, namespace: str) -> Iterator[tuple[str | None, str]]:
    """Yield the literal path of every pattern and its name with namespaces. The path is None with arguments."""
    for entry in entries:
        literal = _literal(entry.pattern)
        path = None if prefix is None or literal is None else prefix + literal
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry.url_patterns, path, inner)
        elif isinstance(entry, URLPattern):
            yield None if path is None else f"/{path}", f"{namespace}{entry.name}"


def _literal(pattern: Any) -> str | None:
    """Return the only path that a pattern matches, or None when the pattern has arguments."""
    if isinstance(pattern, LocalePrefixPattern):
        return pattern.language_prefix
    if isinstance(pattern, RoutePattern):
        return None if pattern.converters else str(pattern)
    if isinstance(pattern, RegexPattern):
        forms: list[tuple[str, list[str]]] = normalize(pattern.regex.pattern)
        return next((form for form, arguments in forms if not arguments), None)
    return None
