"""Check one name passed to `{% static %}` or `static()`. When no such file exists, find the probable cause."""

from __future__ import annotations

import posixpath
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from ..project import shown, static_prefixes
from .index import Index, loosened
from .suggest import nearest


@dataclass(frozen=True)
class Verdict:
    """The fault of a name: the rule, the message, the hint, and the kind in `contract.WEIGHTS`."""

    number: int
    message: str
    hint: str
    kind: str = "always"


def resolve(written: str, index: Index) -> str | None:
    """Return the static file for a name as written in the source, or None.

    Remove the query and the fragment and decode percent escapes, as Django's manifest storage does.
    """
    if written in index.files:
        return written
    name = unquote(urlsplit(unquote(written)).path).strip()
    return name if name in index.files else None


def judge(written: str, index: Index, *, glued: bool = False) -> Verdict | None:
    """Return the fault of a name in a `{% static %}` tag, or None when collectstatic collects the file.

    ``glued`` is true when text or a variable follows the tag directly. The name is then perhaps an incomplete path.
    """
    if resolve(written, index):
        return None
    name = unquote(urlsplit(unquote(written)).path).strip()
    for check in (_url, _slash, _prefix, _ignored, _not_installed, _case, _own_folder, _upload):
        if verdict := check(written, name, index, glued):
            return verdict
    return Verdict(4, f"'{written}' is in no static folder.", hint_for(name, index))


def hint_for(name: str, index: Index) -> str:
    """Return a hint: the nearest existing file, or where to put the missing one."""
    found = nearest(name, index)
    return f"Did you mean {tag(found)}?" if found else f"Add the file, for example as static/{name}."


def tag(name: str) -> str:
    """Return the tag to write for a file."""
    quote = '"' if "'" in name else "'"
    return f"{{% static {quote}{name}{quote} %}}"


def _url(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    if written.startswith("//") or urlsplit(written).scheme in {"http", "https", "data"}:
        return Verdict(4, f"'{written}' is a complete URL, not the path of a static file.", "Write it without the tag.")
    return None


def _slash(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    if not name.startswith("/"):
        return None
    for prefix in static_prefixes():
        name = name.removeprefix(prefix)
    bare = name.lstrip("/")
    message = f"'{written}' begins with a slash, but names in the manifest do not"
    if bare not in index.files:
        return Verdict(6, f"{message}, and there is no such file.", hint_for(bare, index))
    # The plain storage removes the slash. It does not remove the static prefix.
    kind = "tag needs manifest" if written.lstrip("/") in index.files else "always"
    return Verdict(6, f"{message}.", f"Write {tag(bare)}.", kind)


def _prefix(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    is_folder = not name or name.rstrip("/") in index.folders
    if not is_folder and not (glued and any(other.startswith(name) for other in index.files)):
        return None
    if name.endswith("/"):
        message = f"'{written}' is a folder. The files in it are loaded under their plain names, without a hash."
        kind = "glued folder" if glued else "folder"
    else:
        message = f"'{written}' is only the first part of a path. A hashed name cannot be built from parts."
        kind = "tag needs manifest"
    return Verdict(7, message, "Give the tag the whole path of one file; for a choice of files use {% if %}.", kind)


def _ignored(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    if name not in index.ignored:
        return None
    place = shown(Path(index.ignored[name].path))
    return Verdict(67, f"'{written}' exists ({place}), but collectstatic skips such names.", "Rename file or folder.")


def _not_installed(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    if name not in index.not_installed:
        return None
    app = shown(index.not_installed[name])
    return Verdict(63, f"'{written}' belongs to the app '{app}', which is not installed.", "Add it to INSTALLED_APPS.")


def _case(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    same = index.by_loose_name.get(loosened(name))
    if not same:
        return None
    if unicodedata.normalize("NFC", same[0]) == unicodedata.normalize("NFC", name):
        message = f"'{written}' and the file's name look alike but differ in their Unicode form."
    else:
        message = f"'{written}' differs from the file's name in case: it works on macOS and Windows only."
    return Verdict(5, message, f"Write {tag(same[0])}.")


def _own_folder(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    first, _, rest = name.partition("/")
    own = {"static", *(root.folder.name for root in index.roots if root.own and root.app is None)}
    own |= {prefix.strip("/") for prefix in static_prefixes()}
    if not rest or first not in own or first in index.folders:
        # `blog/static/blog/a.css` is the path in the repository.
        before, folder, after = name.partition("/static/")
        if not folder or after not in index.files:
            return None
        first, rest = f"{before}/static", after
    message = f"'{written}' begins with the folder '{first}', which is not part of a static file's path."
    return Verdict(8, message, f"Write {tag(rest)}." if rest in index.files else hint_for(rest, index))


def _upload(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    if not settings.MEDIA_ROOT:
        return None
    media = Path(settings.MEDIA_ROOT)
    below_url = posixpath.join("/", name).removeprefix(settings.MEDIA_URL).lstrip("/")
    for path in dict.fromkeys((name, below_url, name.removeprefix(f"{media.name}/"))):
        if ".." not in path.split("/") and path and (media / path).is_file():
            message = f"'{written}' is an uploaded file, not a static one."
            return Verdict(69, message, "Use the file field's own URL, such as {{ object.image.url }}.")
    return None
