"""Recognise bundles, vendored libraries, and sources for a bundler among the static files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from .index import Index, StaticFile

# File names of Vite, webpack, Rollup, Parcel and esbuild: a content hash before the extension.
HASHED_NAME = re.compile(
    r"[.\-_](?P<hash>[0-9a-f]{8,40}|[A-Za-z0-9_\-]{8}|[A-Z0-9]{8})(?:\.chunk|\.min)?\.(?:m?js|css)$"
)
MANIFESTS = {"manifest.json", "asset-manifest.json", "webpack-stats.json"}
ENOUGH = 3  # a folder with so many hashed names is a folder of bundles
LARGEST_MANIFEST = 2_000_000  # bytes

VENDOR_FOLDERS = {
    *("vendor", "vendors", "vendored", "third_party", "third-party", "thirdparty", "3rdparty"),
    *("bower_components", "node_modules", "jspm_packages"),
}
VENDOR_NAME = re.compile(r"[.\-](?:min|slim|pkgd|umd|esm|bundle)\.|[.\-_]v?\d+\.\d+", re.IGNORECASE)
BANNER = re.compile(
    r"\A\s*(?:/\*!|/\*\*?[^/]{0,400}(?:@license|@version|\bv\d+\.\d+|Copyright|Licen[sc]ed)|//! )", re.IGNORECASE
)
SOURCE_SUFFIXES = (".js", ".mjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte", ".json", "/index.js", "/index.ts")


def bundle_folders(index: Index) -> frozenset[str]:
    """Return the names of the folders whose scripts and stylesheets a bundler has written. Subfolders are included.

    A folder counts when it contains a bundler's manifest that names files, or several files with a content hash in
    their names. The root of all static files never counts.
    """
    found = {
        name.rpartition("/")[0].removesuffix("/.vite")
        for name, file in (*index.files.items(), *index.ignored.items())
        if name.rpartition("/")[2] in MANIFESTS and _is_bundle_manifest(Path(file.path))
    }
    for folder, names in index.by_folder.items():
        if sum(map(has_content_hash, names)) >= ENOUGH:
            found.add(folder)
    return frozenset(found - {""})


def bundle_of(name: str, folders: frozenset[str]) -> str | None:
    """Return the outermost bundle folder that contains a static file, or None."""
    return min((folder for folder in folders if name.startswith(f"{folder}/")), key=len, default=None)


def has_content_hash(name: str) -> bool:
    """Return whether a script or stylesheet has a bundler's content hash in its name."""
    found = HASHED_NAME.search(name)
    if not found:
        return False
    digest = found["hash"]
    return any(map(str.isdigit, digest)) or (digest != digest.lower() and digest != digest.upper())


def is_vendored(file: StaticFile, text: str | None = None) -> bool:
    """Return whether a file is a copy of a library: by its folder, its name, its banner or because it is minified."""
    folders = file.name.lower().split("/")[:-1]
    if not VENDOR_FOLDERS.isdisjoint(folders) or VENDOR_NAME.search(file.name.rpartition("/")[2]):
        return True
    if any(re.search(r"\d+\.\d+", folder) for folder in folders):
        return True  # bootstrap-5.3.1/
    if text is None:
        return False
    return bool(BANNER.match(text)) or (len(text) > 5000 and len(text) / (text.count("\n") + 1) > 400)


def is_bundler_source(imports: Iterable[tuple[str, str]], index: Index) -> bool:
    """Return whether a script is written for a bundler, which resolves imports that a browser cannot.

    ``imports`` are URLs as written, each with the name of its static file. The signs are a relative import without an
    extension, an import of another language, and a bare module name that a `package.json` of the project provides.
    """
    for url, target in imports:
        if url.startswith("."):
            if target in index.files:
                continue
            if any(f"{target}{suffix}" in index.files for suffix in SOURCE_SUFFIXES):
                return True
            if target.endswith((".vue", ".ts", ".tsx", ".jsx", ".scss", ".less", ".svelte")):
                return True
        elif not url.startswith("/"):
            package = "/".join(url.split("/")[: 2 if url.startswith("@") else 1])
            if any(f'"{package}"' in text for text in index.build_files.values()):
                return True
    return False


def has_build_tool(index: Index) -> bool:
    """Return whether a project builds its front end: a `package.json` with scripts in the root or next to it."""
    return any(path.name == "package.json" and '"scripts"' in text for path, text in index.build_files.items())


def named_by_build(base_name: str, index: Index) -> Path | None:
    """Return the file of the front-end build that contains this file name, such as a `package.json`, or None."""
    name = re.compile(rf"(?<![\w.\-]){re.escape(base_name)}(?![\w.\-])")
    return next((path for path, text in index.build_files.items() if name.search(text)), None)


def _is_bundle_manifest(path: Path) -> bool:
    """Return whether a JSON file maps entries to the files of a bundle, unlike the manifest of a web app."""
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            return False
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(read, dict):
        return False
    if isinstance(read.get("chunks"), dict) or isinstance(read.get("entrypoints"), list):
        return True
    return any(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in read.values())
