"""Check the name or URL of a static file. When no such file exists, find the probable cause and the nearest name."""

from __future__ import annotations

import difflib
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings

from ..project import shown, static_prefixes
from .index import Index, loosened
from .references import OUTPUT

COMPUTED = re.compile(rf"\$\{{|[{{}}<>{OUTPUT}]")  # a part that only the rendered page or the running script knows
FILE_NAME = re.compile(r"\.[A-Za-z]\w*$")
ALIKE = 0.6  # difflib's own threshold for a close match
MOST = 500  # names compared for one suggestion: some milliseconds
MANY = 100  # broken names that get a suggestion; more of them mean that a folder was moved


@dataclass(frozen=True)
class Verdict:
    """A fault: the rule, the message, the hint, and the kind in `contract.WEIGHTS`."""

    number: int
    message: str
    hint: str
    kind: str = "always"


def path_of(url: str) -> str:
    """Return the decoded path of a relative URL, without query and fragment."""
    return unquote(re.split("[?#]", url, maxsplit=1)[0])


def static_name(url: str) -> str | None:
    """Return the name of the static file of a hard-coded URL, or None when the URL has no static prefix."""
    for prefix in static_prefixes():
        if url.startswith(prefix):
            return path_of(url.removeprefix(prefix))
    return None


def resolve(written: str, index: Index) -> str | None:
    """Return the static file for a name as written in the source, or None.

    Decode percent escapes and remove the query and the fragment, as Django's manifest storage does.
    """
    return next((name for name in (written, _cleaned(written)) if name in index.files), None)


def judge(written: str, index: Index, *, glued: bool = False) -> Verdict | None:
    """Return the fault of a name in a `{% static %}` tag, or None when collectstatic collects the file.

    ``glued`` is true when text or a variable follows the tag directly. The name is then perhaps an incomplete path.
    """
    if resolve(written, index):
        return None
    name = _cleaned(written)
    if re.match(r"//|(?:https?|data):", written):
        message = f"'{written}' is a complete URL, not the path of a static file."
        return Verdict(4, message, "Write it without the tag.")
    if name.startswith("/"):
        return _with_slash(written, name, index)
    if verdict := _part_of_path(written, name, index, glued):
        return verdict
    if name in index.ignored:
        place = shown(Path(index.ignored[name].path))
        message = f"'{written}' exists ({place}), but collectstatic skips such names."
        return Verdict(67, message, "Rename file or folder.")
    if name in index.not_installed:
        message = f"'{written}' belongs to the app '{shown(index.not_installed[name])}', which is not installed."
        return Verdict(63, message, "Add it to INSTALLED_APPS.")
    if same := index.by_loose_name.get(loosened(name)):
        message = f"'{written}' differs from the file's name in case: it works on macOS and Windows only."
        if unicodedata.normalize("NFC", same[0]) == unicodedata.normalize("NFC", name):
            message = f"'{written}' and the file's name look alike but differ in their Unicode form."
        return Verdict(5, message, f"Write {tag(same[0])}.")
    if first := _own_folder(name, index):
        rest = name.removeprefix(f"{first}/")
        message = f"'{written}' begins with the folder '{first}', which is not part of a static file's path."
        return Verdict(8, message, f"Write {tag(rest)}." if rest in index.files else hint_for(rest, index))
    if settings.MEDIA_ROOT and Path(settings.MEDIA_ROOT, name.partition("/")[2]).is_file():
        message = f"'{written}' is an uploaded file, not a static one."
        return Verdict(69, message, "Use the file field's own URL, such as {{ object.image.url }}.")
    return Verdict(4, f"'{written}' is in no static folder.", hint_for(name, index))


def judge_hard_coded(number: int, url: str, index: Index, hint: str, where: str = "") -> Verdict:
    """Return the fault of a hard-coded URL: it has no hash, or its file does not exist either.

    ``hint`` is for a file that exists. ``where`` is added to the message.
    """
    name = static_name(url) or path_of(url)
    written = displayed(url)
    if COMPUTED.search(url) or name in index.files or not FILE_NAME.search(name):
        return Verdict(number, f"'{written}' is a hard-coded static URL{where}.", hint, "hard-coded")
    message = f"'{written}' is a hard-coded URL of a static file that does not exist{where}."
    return Verdict(number, message, hint_for(name, index))


def displayed(url: str) -> str:
    """Return a URL of a masked template for a message."""
    return re.sub(f"{OUTPUT}+", "...", url)


def hint_for(name: str, index: Index) -> str:
    """Return a hint: the nearest existing file, or where to put the missing one."""
    found = nearest(name, index)
    return f"Did you mean {tag(found)}?" if found else f"Add the file, for example as static/{name}."


def tag(name: str) -> str:
    """Return the tag to write for a file."""
    quote = '"' if "'" in name else "'"
    return f"{{% static {quote}{name}{quote} %}}"


def nearest(name: str, index: Index) -> str | None:
    """Return the existing static file whose name is most similar to this one, or None when no name is similar.

    The order is: another case, the name below an unnecessary prefix (``static/css/a.css``), the same file in another
    folder (``style.css`` for ``blog/style.css``), a similar spelling.
    """
    parts = [part for part in posixpath.normpath(name.replace("\\", "/").strip()).split("/") if part not in {"", ".."}]
    for start in range(len(parts)):
        if same := index.by_loose_name.get(loosened("/".join(parts[start:]))):
            return same[0]
    cleaned = "/".join(parts)
    folder, _, base = cleaned.rpartition("/")
    if elsewhere := index.by_base_name.get(base.lower()):
        return difflib.get_close_matches(cleaned, elsewhere, n=1, cutoff=0)[0]
    if cleaned not in index.similar and len(index.similar) < MANY:
        alike = difflib.get_close_matches(base, index.by_folder.get(folder, [])[:MOST], n=1, cutoff=ALIKE)
        index.similar[cleaned] = posixpath.join(folder, alike[0]) if alike else None
    return index.similar.get(cleaned)


def _cleaned(written: str) -> str:
    return re.split("[?#]", unquote(written), maxsplit=1)[0].strip()


def _with_slash(written: str, name: str, index: Index) -> Verdict:
    bare = (static_name(name) or name).lstrip("/")
    message = f"'{written}' begins with a slash, but names in the manifest do not"
    if bare not in index.files:
        return Verdict(6, f"{message}, and there is no such file.", hint_for(bare, index))
    # The plain storage removes the slash. It does not remove the static prefix.
    kind = "tag needs manifest" if written.lstrip("/") in index.files else "always"
    return Verdict(6, f"{message}.", f"Write {tag(bare)}.", kind)


def _part_of_path(written: str, name: str, index: Index, glued: bool) -> Verdict | None:
    is_folder = not name or name.rstrip("/") in index.folders
    if not is_folder and not (glued and any(other.startswith(name) for other in index.files)):
        return None
    message = f"'{written}' is only the first part of a path. A hashed name cannot be built from parts."
    kind = "tag needs manifest"
    if name.endswith("/"):
        message = f"'{written}' is a folder. The files in it are loaded under their plain names, without a hash."
        kind = "glued folder" if glued else "folder"
    return Verdict(7, message, "Give the tag the whole path of one file; for a choice of files use {% if %}.", kind)


def _own_folder(name: str, index: Index) -> str | None:
    """Return the folder of static files with which a name begins by mistake, or None."""
    first, _, rest = name.partition("/")
    own = {"static", *(root.folder.name for root in index.roots if root.own and root.app is None)}
    own |= {prefix.strip("/") for prefix in static_prefixes()}
    if rest and first in own and first not in index.folders:
        return first
    before, folder, after = name.partition("/static/")  # `blog/static/blog/a.css` is the path in the repository
    return f"{before}/static" if folder and after in index.files else None
