"""Rule T4 for bundles: the tags of django-pipeline, django-vite and django-webpack-loader must name existing bundles.

A missing manifest means that the build has not been run. It is not a fault of the template.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from ..findings import Level
from ..project import shown
from .discovery import TemplateFile
from .names import Verdict
from .references import BundleUse
from .run import Run


def check(template: TemplateFile, uses: Iterable[BundleUse], run: Run, unbuilt: set[Path]) -> None:
    """Check every bundle that a template names. ``unbuilt`` are the missing manifests that are already reported."""
    for use in uses:
        if use.tool == "pipeline":
            packages = (getattr(settings, "PIPELINE", None) or {}).get(use.kind) or {}
            entries: set[str] | None = set(packages)
            place = f'PIPELINE["{use.kind}"]'
            for source in packages.get(use.name, {}).get("source_filenames", ()):
                if not set(source) & set("*?[") and (fault := run.judge(source, template.path, use.line)):
                    message = f"{fault.message} {place}['{use.name}'] names it."
                    run.fault(replace(fault, message=message), template.path, use.line, own=template.own)
        elif manifest := _vite_manifest(use) if use.tool == "vite" else _webpack_stats(use):
            entries, place = _read(manifest), shown(manifest)
            if entries is None:
                if manifest not in unbuilt:
                    unbuilt.add(manifest)
                    message = f"{place} does not exist, so '{use.name}' and the rest of the bundle are not proven."
                    hint = "Build the front end, then run the proof again."
                    run.add(4, Level.WARNING, message, hint, template.path, use.line, own=template.own)
                continue
        else:
            continue  # in development mode, there is no manifest
        if use.name not in (entries or ()):
            message = f"'{use.name}' is not an entry of {place}."
            hint = f"Entries are: {', '.join(sorted(entries)[:5])}." if entries else "Build the front end again."
            run.fault(Verdict(4, message, hint), template.path, use.line, own=template.own)


def _vite_manifest(use: BundleUse) -> Path | None:
    """Return the manifest that django-vite reads, or None in its development mode.

    https://github.com/MrBin99/django-vite#configuration
    """
    config = (getattr(settings, "DJANGO_VITE", None) or {}).get(use.kind) or {}
    if path := config.get("manifest_path"):
        return None if config.get("dev_mode") else Path(path)
    if config.get("dev_mode") or not settings.STATIC_ROOT:
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
