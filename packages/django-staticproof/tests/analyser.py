"""Run the static analysis on whole projects, each in a separate process, quickly.

Settings, apps and template engines of one project cannot be exchanged for those of another inside one process. A helper
process imports Django once and forks for every project. Without `fork()`, each project starts a new process.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WARM = (
    "django.contrib.staticfiles.apps",
    "django.contrib.staticfiles.finders",
    "django.contrib.staticfiles.storage",
    "django.contrib.staticfiles.management.commands.collectstatic",
    "django.core.signing",
    "django.forms",
    "django.middleware.common",
    "django.middleware.security",
    "django.template.backends.django",
    "django.template.defaultfilters",
    "django.template.loader_tags",
    "django.templatetags.static",
    "django.test.utils",
    "django.urls.conf",
    "django.views.generic",
    "staticproof.checks",
    "staticproof.fix",
    "tinycss2",
    "tree_sitter_javascript",
    "whitenoise.middleware",
    "whitenoise.storage",
)


class Analyser:
    """A helper process. Use as a context manager."""

    def __enter__(self) -> Analyser:
        self.cache = tempfile.mkdtemp(prefix="staticproof-")
        self.process = self._start() if hasattr(os, "fork") else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.communicate(timeout=10)
        shutil.rmtree(self.cache)

    def run(
        self,
        root: Path,
        *,
        third_party: bool = False,
        messages: bool = False,
        as_if: str | None = None,
        fixes: bool = False,
    ) -> Any:
        """Analyse the project in a folder; return its findings, references and counts, and the messages of the
        system checks and the fixes when asked."""
        process = self.process or self._start()
        request = {
            "root": str(root),
            "third_party": third_party,
            "messages": messages,
            "as_if": as_if,
            "fixes": fixes,
        }
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if self.process is None:
            process.communicate(timeout=10)
        result = json.loads(answer)
        if "traceback" in result:
            raise AssertionError(result["traceback"])
        return result

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "DEBUG": "True", "XDG_CACHE_HOME": self.cache},
        )


def _serve() -> None:
    """Answer each request in a child, so that this process never sees the settings of any project."""
    for line in sys.stdin:
        if not hasattr(os, "fork"):
            print(_answer(json.loads(line)), flush=True)
            continue
        child = os.fork()
        if child == 0:
            print(_answer(json.loads(line)), flush=True)
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


def _answer(request: dict[str, Any]) -> str:
    import traceback

    try:
        os.chdir(request["root"])
        sys.path.insert(0, request["root"])
        os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
        import django

        django.setup()
        from staticproof.analysis import analyse, latest, statistics
        from staticproof.checks import check_static_references
        from staticproof.fix import changes

        findings = analyse(third_party=request["third_party"], as_if=request["as_if"])
        answer = {
            "findings": [
                {
                    "id": finding.id,
                    "file": str(finding.file).removeprefix(f"{Path.cwd()}{os.sep}"),
                    "line": finding.line,
                    "message": finding.message,
                    "hint": finding.hint,
                }
                for finding in findings
            ],
            "references": [[r.name, str(r.file), r.line] for r in latest().references],
            "statistics": statistics(),
            "fixes": changes() if request["fixes"] else [],
            "messages": [str(message) for message in check_static_references(None)] if request["messages"] else [],
        }
    except BaseException:  # noqa: BLE001 - the test reports any error of the child
        answer = {"traceback": traceback.format_exc()}
    return json.dumps(answer)


def _warm() -> None:
    """Import the modules that every project needs and that read no settings."""
    for module in WARM:
        importlib.import_module(module)
    from staticproof.reading import scripts, stylesheets

    scripts.references("import 'a'")
    stylesheets.references("@import 'a'")
    gc.freeze()  # so that the children's garbage collectors do not copy shared pages


if __name__ == "__main__":
    sys.path.pop(0)  # do not import this folder's modules as top-level modules
    _warm()
    _serve()
