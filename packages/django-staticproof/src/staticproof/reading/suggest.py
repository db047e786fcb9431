"""Suggest the file that the author probably meant: the existing file with the most similar name."""

from __future__ import annotations

import difflib
import posixpath

from .index import Index, loosened

ALIKE = 0.6  # difflib's own threshold for a close match
MOST = 500  # names compared for one suggestion: some milliseconds
MANY = 100  # broken names that get a suggestion; more of them mean that a folder was moved


def nearest(name: str, index: Index) -> str | None:
    """Return the existing static file whose name is most similar to this one, or None when no name is similar.

    The order is: another case, the name below an unnecessary prefix (``static/css/a.css``), the same file in another
    folder (``style.css`` for ``blog/style.css``), a similar spelling.
    """
    cleaned = posixpath.normpath(name.replace("\\", "/").strip()).lstrip("/")
    while cleaned.startswith("../"):
        cleaned = cleaned.removeprefix("../")
    if cleaned in index.files:
        return cleaned
    if same := index.by_loose_name.get(loosened(cleaned)):
        return same[0]
    parts = cleaned.split("/")
    for start in range(1, len(parts)):
        shorter = "/".join(parts[start:])
        if same := index.by_loose_name.get(loosened(shorter)):
            return same[0]
    folder, _, base = cleaned.rpartition("/")
    if elsewhere := index.by_base_name.get(base.lower()):
        return difflib.get_close_matches(cleaned, elsewhere, n=1, cutoff=0)[0]
    if cleaned not in index.similar and len(index.similar) < MANY:
        beside = difflib.get_close_matches(base, index.by_folder.get(folder, [])[:MOST], n=1, cutoff=ALIKE)
        index.similar[cleaned] = posixpath.join(folder, beside[0]) if beside else None
    return index.similar.get(cleaned)
