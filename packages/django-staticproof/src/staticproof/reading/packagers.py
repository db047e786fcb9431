"""Rule T4 for bundles: the tags of django-pipeline, django-vite and django-webpack-loader must name existing bundles.

A missing manifest means that the build has not been run. It is not a fault of the template.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from ..findings import Finding, Level
from ..project import shown
from .contract import finding
from .custom_tags import BundleUse


def check(uses: Iterable[tuple[Path, bool, BundleUse]]) -> Iterator[Finding]:
    """Check every bundle that a template names. ``uses`` are template, whether it is own, and tag."""
    unbuilt: set[Path] = set()
    for template, own, use in uses:
        if use.tool == "pipeline":
            yield from _pipeline(template, own, use)
            continue
        manifest = _vite_manifest(use) if use.tool == "vite" else _webpack_stats(use)
        if manifest is None:
            continue
        entries = _read(manifest)
        if entries is None:
            if manifest not in unbuilt:
                unbuilt.add(manifest)
                message = (
                    f"{shown(manifest)} does not exist, so '{use.name}' and the rest of the bundle are not proven."
                )
                level = Level.WARNING if own else Level.NOTE
                yield Finding(4, level, message, "Build the front end, then run the proof again.", template, use.line)
        elif use.name not in entries:
            message = f"'{use.name}' is not an entry of {shown(manifest)}."
            hint = f"Entries are: {', '.join(sorted(entries)[:5])}." if entries else "Build the front end again."
            yield from finding("always", 4, message, hint, template, use.line, own=own)


def _pipeline(template: Path, own: bool, use: BundleUse) -> Iterator[Finding]:
    defined = (getattr(settings, "PIPELINE", None) or {}).get(use.kind) or {}
    if use.name not in defined:
        message = f"'{use.name}' is not a package in PIPELINE[\"{use.kind}\"], so the tag writes nothing."
        yield from finding(
            "always", 4, message, f"Packages are: {', '.join(sorted(defined))}.", template, use.line, own=own
        )


def _vite_manifest(use: BundleUse) -> Path | None:
    """Return the manifest that django-vite reads, or None in its development mode.

    https://github.com/MrBin99/django-vite#configuration
    """
    config = (getattr(settings, "DJANGO_VITE", None) or {}).get(use.kind) or {}
    if config.get("dev_mode", getattr(settings, "DJANGO_VITE_DEV_MODE", False)):
        return None
    if path := config.get("manifest_path") or getattr(settings, "DJANGO_VITE_MANIFEST_PATH", None):
        return Path(path)
    if not settings.STATIC_ROOT:
        return None
    return Path(settings.STATIC_ROOT, config.get("static_url_prefix", ""), "manifest.json")


def _webpack_stats(use: BundleUse) -> Path | None:
    """Return the stats file that django-webpack-loader reads."""
    loader = getattr(settings, "WEBPACK_LOADER", None) or {}
    stats = (loader.get(use.kind) or loader.get("DEFAULT") or {}).get("STATS_FILE")
    return Path(stats) if stats else None


def _read(manifest: Path) -> set[str] | None:
    try:
        read: Any = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(read, dict):
        return set()
    return set(read["chunks"]) if isinstance(read.get("chunks"), dict) else set(read)
