"""Run proofs of many small projects quickly, each in a fork of a process that has imported Django.

Each proof still has a separate process, with the environment of `rehearsal.py`. The fork saves one second of imports.
Without `fork()`, every proof starts a new process.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

FORKS = hasattr(os, "fork")
WARM = (
    "django.contrib.staticfiles.management.commands.collectstatic",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.views.generic",
    "staticproof.analysis",
    "staticproof.serving.serve",
    "tinycss2",
    "tree_sitter_javascript",
    "whitenoise.middleware",
    "whitenoise.storage",
)


class Prover:
    """A helper process. Use as a context manager."""

    def __enter__(self) -> Prover:
        self.process = self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=10)

    def prove(self, root: Path, **request: Any) -> Any:
        """Prove the project in a folder. Return the report as a JSON object. ``request``: see `rehearsal.Request`."""
        return self._ask({"root": str(root), "request": request})

    def collect(self, root: Path) -> None:
        """Run the `collectstatic` of the project in a folder, as for a deploy."""
        self._ask({"root": str(root), "command": ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"]})

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not FORKS:
            self.process.communicate(timeout=10)
            self.process = self._start()
        if "failure" in answer:
            raise AssertionError(answer["failure"])
        return answer

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        from .conftest import inherited

        return subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=inherited(),
        )


def _serve() -> None:
    for line in sys.stdin:
        child = os.fork() if FORKS else 0
        if child:
            os.waitpid(child, 0)
            continue
        print(json.dumps(_answer(json.loads(line))), flush=True)
        if FORKS:
            os._exit(0)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from staticproof import proof
    from staticproof.rehearsal import RESULT, Request, rehearsal_environment

    root = question["root"]
    os.chdir(root)
    sys.path.insert(0, root)
    try:
        with tempfile.TemporaryDirectory() as folder:
            if "command" in question:
                os.environ |= {"DJANGO_SETTINGS_MODULE": "mysite.settings", "DEBUG": "False"}
                sys.argv = question["command"]
                runpy.run_path("manage.py", run_name="__main__")
                return {}
            request = Request(**question["request"])
            os.environ |= rehearsal_environment(request, Path(folder), "mysite.settings", Path(root))
            proof.main()
            answer: dict[str, Any] = json.loads(Path(folder, RESULT).read_text(encoding="utf-8"))
            return answer
    except BaseException:  # noqa: BLE001 - the test reports any error of the child
        return {"failure": traceback.format_exc()}


def _warm() -> None:
    """Import the modules that every project needs and that read no settings."""
    for module in WARM:
        import_module(module)


if __name__ == "__main__":
    sys.path.pop(0)  # do not import this folder's modules as top-level modules
    _warm()
    _serve()
