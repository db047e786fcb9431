"""The rules for the folders and names of static files: L1 to L3, L6, L7 and L10."""

from __future__ import annotations

import filecmp
import re
from pathlib import Path

from django.apps import apps

from ..findings import Level
from ..project import shown, walk
from .ignored_files import is_ignored
from .index import Index, Root, StaticFile
from .markup import is_asset
from .run import Run

QUOTED = re.compile(r"'([^']*)'")
HIDDEN = re.compile(r"(?:[^./][^/]*/)*(\.[^/]+)")  # a name up to its first part with a leading dot
MOST_APPS = 3  # with more apps than that, files without a namespace are a habit of the project
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
UNPORTABLE = re.compile(
    r'[#?%\\:*"<>|\x00-\x1f\x7f\ud800-\udfff]'
    r"|[. ](?=/|$)"
    r"|(?:^|(?<=/))(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?=[./]|$)",
    re.IGNORECASE,
)


def note_uninstalled(index: Index, packages: list[Path]) -> None:
    """Add the static files of packages that are not in INSTALLED_APPS to the index."""
    installed = {Path(config.path).resolve() for config in apps.get_app_configs()}
    sources = {root.folder.resolve() for root in index.roots}
    for package in packages:
        static = package / "static"
        above = {static.resolve(), *static.resolve().parents}
        if package.resolve() in installed or not above.isdisjoint(sources):
            continue  # the app is installed, or its files are in a folder of STATICFILES_DIRS
        for below, _, files in walk(static):
            for file in files:
                if not file.startswith("."):
                    index.not_installed.setdefault(f"{below}{file}", package)


def check(run: Run) -> None:
    """Check the layout. Faults that the findings about references name are not reported again."""
    named = {
        number: {name for found in run.findings if found.number == number for name in QUOTED.findall(found.message)}
        for number in (63, 67)
    }
    _shadowed(run)
    _without_namespace(run)
    _not_installed(run, named[63])
    _case(run)
    _skipped(run, named[67])
    _names(run)


def _shadowed(run: Run) -> None:
    index = run.index
    for loser in index.shadowed:
        winner = index.files[loser.name]
        own = loser.own or winner.own
        on_purpose = winner.root.app is None and loser.root.app is not None
        if on_purpose or _same(winner, loser):
            continue
        # An own app before an installed one is the documented way to replace a file of a package.
        level = Level.WARNING if winner.own and not loser.own else Level.ERROR
        message = f"'{loser.name}' is never served: {shown(Path(winner.path))} has the same path and comes first."
        hint = f"Move it to a folder of its own: {_namespace(loser.root)}/{loser.name.rpartition('/')[2]}."
        run.add(61, level, message, hint, Path(loser.path), own=own)


def _same(one: StaticFile, other: StaticFile) -> bool:
    try:
        return filecmp.cmp(one.path, other.path, shallow=False)
    except OSError:
        return False


def _without_namespace(run: Run) -> None:
    """Report a warning for each app without a namespace, or one for all when the project has many such apps."""
    labels = {_plain(config.label) for config in apps.get_app_configs()}
    found: list[tuple[Root, list[str]]] = []
    index = run.index
    for root in index.roots:
        if not root.own or root.app is None:
            continue
        own_names = {_plain(root.app), _plain(root.app.rpartition(".")[2]), _plain(root.folder.parent.name)}
        astray = sorted(
            file.name
            for file in (*index.files.values(), *index.shadowed)
            if file.root is root and not _has_namespace(file.name, own_names, labels)
        )
        if astray:
            found.append((root, astray))
    for root, astray in found[: len(found) if len(found) <= MOST_APPS else 1]:
        more = f" and {len(astray) - 1} more" if len(astray) > 1 else ""
        others = f"; so can files of {len(found) - 1} other apps" if len(found) > MOST_APPS else ""
        message = f"'{astray[0]}'{more} of the app '{root.app}' can collide with the same path in another app{others}."
        namespace = _namespace(root)
        hint = f"Move it to {shown(root.folder)}/{namespace}/ and write {{% static '{namespace}/...' %}}."
        run.add(62, Level.WARNING, message, hint, root.folder / astray[0])


def _has_namespace(name: str, own_names: set[str], labels: set[str]) -> bool:
    first, slash, _ = name.partition("/")
    plain = _plain(first)
    # A folder with the name of another app replaces files of that app on purpose.
    return bool(slash) and (plain in labels or any(plain.startswith(own) for own in own_names))


def _namespace(root: Root) -> str:
    return root.app.rpartition(".")[2] if root.app else root.folder.name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _not_installed(run: Run, known: set[str]) -> None:
    for package in dict.fromkeys(run.index.not_installed.values()):
        if shown(package) not in known and not is_ignored(package):
            message = f"The app '{shown(package)}' has static files but is not in INSTALLED_APPS: no finder finds them."
            run.add(63, Level.WARNING, message, "Add it to INSTALLED_APPS.", package / "static")


def _case(run: Run) -> None:
    for names in run.index.by_loose_name.values():
        files = [run.index.files[name] for name in names]
        own = any(file.own for file in files)
        if len(files) > 1:
            last = next((file for file in reversed(files) if file.own), files[-1])
            others = ", ".join(f"'{file.name}'" for file in files if file is not last)
            message = f"'{last.name}' and {others} differ only by case: on macOS and Windows they are one file."
            run.add(66, Level.ERROR, message, "Rename one of them.", Path(last.path), own=own)


def _skipped(run: Run, known: set[str]) -> None:
    found: dict[str, str] = {}
    for name, file in run.index.ignored.items():
        hidden = HIDDEN.match(name)
        # collectstatic skips files of editors, tools and git on purpose.
        if hidden and file.own and name not in known and (is_asset(name) or hidden[1] == ".well-known"):
            found.setdefault(hidden[0], file.path)
    for place, path in found.items():
        message = f"'{place}' begins with a dot. collectstatic skips it, so it is missing in production."
        hint = "Rename it. Serve files at the root of the site, such as /.well-known/, with a view."
        run.add(67, Level.WARNING, message, hint, Path(path))


def _names(run: Run) -> None:
    reported: set[str] = set()
    for file in run.index.files.values():
        if file.own and (found := UNPORTABLE.search(file.name)):
            place = file.name[: found.end()] + file.name[found.end() :].partition("/")[0]
            if place not in reported:
                reported.add(place)
                message = f"'{place}' contains '{found[0].strip('/')}', which a URL or Windows cannot carry."
                run.add(70, Level.ERROR, message, "Rename it.", Path(file.path))
