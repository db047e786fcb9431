"""Find the file and line that set a setting, for the findings about it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from django.conf import settings

from ..project import is_own


def where(setting: str) -> tuple[Path | None, int | None]:
    """Return the file and line that set a setting.

    Search the settings module first, then the site's own modules in its package. When no line sets the setting, return
    the settings module and no line. When there is no settings module, the file is None.
    """
    main = sys.modules.get(str(getattr(settings, "SETTINGS_MODULE", "")))
    main = getattr(main, "_site", main)  # in a rehearsal, production.py replaces the site's own module
    if main is None or not main.__file__:
        return None, None
    package = main.__name__.rpartition(".")[0]
    beside = [module for name, module in sorted(sys.modules.items()) if package and name.startswith(f"{package}.")]
    for module in [main, *beside]:
        path = Path(getattr(module, "__file__", None) or "")
        if is_own(path) and (line := _assigned(path, setting)):
            return path, line
    return Path(main.__file__), None


def _assigned(path: Path, setting: str) -> int | None:
    """Return the line of the last assignment of a name, also inside `if` and `try`."""
    lines = [
        target.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == setting
    ]
    return max(lines, default=None)


def _tree(path: Path) -> ast.AST:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])
