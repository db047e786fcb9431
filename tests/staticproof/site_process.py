"""A process in a generated site's environment that has imported Django, and forks for each question about the site.

Settings, apps and engines of one state of the site cannot be exchanged for those of another inside one process. Each
answer comes from a process of its own all the same, as from `manage.py provestatic`; only the imports are saved. Where
nothing but templates and static files change, one process can give all answers, as `runserver` does.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

WARM = (
    "django.contrib.admin.sites",
    "django.contrib.sitemaps.views",
    "django.contrib.staticfiles.management.commands.collectstatic",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.db.models",
    "django.forms",
    "django.views.generic",
    "environs",
    "staticproof.analysis",
    "staticproof.serving.serve",
    "tinycss2",
    "tree_sitter_javascript",
    "whitenoise.middleware",
    "whitenoise.storage",
)


class SiteProcess:
    """Use as a context manager: reads and proves the site in a folder, in whatever state that folder is."""

    def __init__(self, root: Path, *, lasting: bool = False) -> None:
        self.root = root
        self.options = ["--lasting"] if lasting else []

    def __enter__(self) -> SiteProcess:
        self.cache = tempfile.TemporaryDirectory()
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TMPDIR", "HOME"}}
        self.process = subprocess.Popen(
            [self.root / ".venv/bin/python", "-B", Path(__file__), *self.options],
            cwd=self.root,
            env=kept | {"PYTHONUTF8": "1", "XDG_CACHE_HOME": self.cache.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=10)
        self.cache.cleanup()

    def read(self) -> Any:
        """The report of the static analysis alone, as JSON has it."""
        return self._ask({"read": True})

    def prove(self, **request: bool | str) -> Any:
        """The report of the whole proof; ``request``: see staticproof's `rehearsal.Request`."""
        return self._ask({"request": request})

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, f"{answer['error']}\n{answer['details']}"
        return answer


def _serve(*, lasting: bool) -> None:
    for line in sys.stdin:
        child = 0 if lasting else os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        try:
            answer = _answer(json.loads(line))
        except BaseException as error:  # noqa: BLE001 - whatever happens in the child is the test's to see
            answer = {"error": repr(error), "details": traceback.format_exc()}
        print(json.dumps(answer), flush=True)
        if not lasting:
            os._exit(0)


def _answer(question: dict[str, Any]) -> Any:
    proof, rehearsal, report = map(_of_the_site, ("proof", "rehearsal", "report"))
    with tempfile.TemporaryDirectory() as folder:
        place = {"settings": "config.settings", "folder": folder, "base_dir": str(Path.cwd())}
        os.environ |= rehearsal.THROW_AWAY | rehearsal.SILENT
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "staticproof.serving.production",
            rehearsal.VARIABLE: json.dumps(place),
        }
        if "read" in question:
            import django

            django.setup()
            read = report.Report(stage="read")
            _of_the_site("stages").read(read, lambda _: None)
            return read.as_dict()
        sys.argv = ["proof", json.dumps(question["request"])]
        proof.main()
        return json.loads(Path(folder, rehearsal.RESULT).read_text(encoding="utf-8"))


def _of_the_site(name: str) -> Any:
    """A module of the site's app; the package of the same name that this file is in is not known to its process."""
    return importlib.import_module(f"staticproof.{name}")


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # the site's modules, not those of this folder
    for module in WARM:
        importlib.import_module(module)
    _serve(lasting="--lasting" in sys.argv)
