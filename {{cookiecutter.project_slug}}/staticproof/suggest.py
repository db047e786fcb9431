"""What the author probably meant: the nearest name that exists."""

from __future__ import annotations

import difflib
import posixpath

from .index import Index, loosened

ALIKE = 0.6  # difflib's own threshold for a close match


def nearest(name: str, index: Index) -> str | None:
    """The existing static file whose name is most like this one, or ``None`` when nothing is near.

    Tried in this order: another case, the name below a needless prefix (``static/css/a.css``), the same file in
    another folder (``style.css`` for ``blog/style.css``), a similar spelling.
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
    if elsewhere := index.by_base_name.get(parts[-1].lower()):
        return _closest(cleaned, elsewhere) or elsewhere[0]
    return _closest(cleaned, _of_one_kind(cleaned, index))


def _of_one_kind(name: str, index: Index) -> list[str]:
    """Names worth comparing: of the same suffix when any has it, the site's own first."""
    suffix = posixpath.splitext(name)[1].lower()
    own = [file.name for file in index.files.values() if file.own]
    alike = [other for other in own if other.lower().endswith(suffix)] if suffix else own
    return alike or own


def _closest(name: str, candidates: list[str]) -> str | None:
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=ALIKE)
    if close:
        return close[0]
    # The file's own name says more than its folders: `img/logo.png` for `assets/images/logo2.png`.
    last = {candidate.rpartition("/")[2]: candidate for candidate in reversed(candidates)}
    close = difflib.get_close_matches(name.rpartition("/")[2], list(last), n=1, cutoff=0.8)
    return last[close[0]] if close else None
