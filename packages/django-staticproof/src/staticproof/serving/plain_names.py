"""Report files that have a hashed name but are requested by their plain name (rules S6 and J3)."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Level
from ..reading.bundles import bundle_folders, bundle_of
from ..reading.index import build
from .collect import Collection
from .complaints import Complaint
from .places import NOWHERE, Place

SERVED_WRONGLY = 86
LOADED_TWICE = 90
TAG_HINT = "Write {% static 'path' %} in the template, so that the page names the hashed file."
TWICE_HINT = "Refer to it by one name everywhere: list the folder's files in the page, or exclude it from hashing."

Uses = dict[str, list[tuple[str, Place]]]  # plain name -> the pages and files that refer to it, and the places


def judge(collection: Collection, uses: Uses, loaded: set[str]) -> Iterator[Complaint]:
    """Yield complaints about plain names. ``loaded`` are the requested hashed names.

    A script that is loaded under both names runs twice. A folder of bundles gets one complaint for all its files. A
    plain name alone is not a fault there, because it already has a hash of the bundler.
    """
    folders = bundle_folders(build())
    bundles: dict[str, list[str]] = {}
    for name, places in uses.items():
        twice = collection.names[name] in loaded
        served = (collection.root / name).exists()
        bundle = bundle_of(name, folders)
        if bundle is not None and served:
            if twice:
                bundles.setdefault(bundle, []).append(name)
            continue
        number, why = SERVED_WRONGLY, "caches keep it stale" if served else "only the hashed files are kept"
        if twice and served:
            number, why = LOADED_TWICE, "elsewhere it is loaded by its hashed name"
        level = Level.WARNING if served and not (twice and _is_script(name)) else Level.ERROR
        for referrer, place in places:
            subject, fault = referrer, f"refers to '{name}' by its plain name: {why}."
            if place == NOWHERE:  # probably one cause for many references: `{{ STATIC_URL }}`, a variable, Python
                subject, fault = f"'{name}'", f"is referred to by its plain name: {why}."
            yield Complaint(number, level, subject, fault, TAG_HINT, *place)
    for bundle, names in bundles.items():
        level = Level.ERROR if any(map(_is_script, names)) else Level.WARNING
        shown = ", ".join(f"'{name}'" for name in sorted(names)[:3])
        fault = f"is loaded twice, by plain and by hashed names: {shown}{' and others' if len(names) > 3 else ''}."
        yield Complaint(LOADED_TWICE, level, f"The bundle in '{bundle}'", fault, TWICE_HINT)


def _is_script(name: str) -> bool:
    return name.endswith((".js", ".mjs"))
