"""Runs the static analysis on whole projects, each in a process of its own, quickly.

Settings, apps and template engines of one project cannot be exchanged for those of another inside one process. A helper
process imports Django once and forks for every project; where there is no fork, it is started anew each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

APP_HOME = Path(__file__).resolve().parent.parent.parent


class Analyser:
    """A helper process; use as a context manager."""

    def __enter__(self) -> Analyser:
        self.process = self._start() if hasattr(os, "fork") else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.communicate(timeout=10)

    def run(self, root: Path, *, third_party: bool = False, repeat: int = 1, settings: str = "mysite.settings") -> Any:
        """Analyse the project in a folder; return its findings, counts, check messages and seconds."""
        process = self.process or self._start()
        request = {"root": str(root), "third_party": third_party, "repeat": repeat, "settings": settings}
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
            env={**os.environ, "PYTHONPATH": str(APP_HOME), "DEBUG": "True"},
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
    import time
    import traceback

    try:
        os.chdir(request["root"])
        sys.path.insert(0, request["root"])
        os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
        import django

        django.setup()
        from staticproof.analysis import analyse, references, statistics
        from staticproof.checks import check_static_references

        seconds = []
        findings = []
        for _ in range(request["repeat"]):
            started = time.perf_counter()
            findings = analyse(third_party=request["third_party"])
            seconds.append(time.perf_counter() - started)
        answer = {
            "findings": [
                {
                    "id": finding.id,
                    "file": str(finding.file.relative_to(Path.cwd())) if _inside(finding.file) else str(finding.file),
                    "line": finding.line,
                    "message": finding.message,
                    "hint": finding.hint,
                }
                for finding in findings
            ],
            "references": [[r.name, str(r.file), r.line] for r in references()],
            "statistics": statistics(),
            "seconds": seconds,
            "messages": [str(message) for message in check_static_references(None)],
        }
    except BaseException:  # noqa: BLE001 - whatever happens in the child is the test's to see
        answer = {"traceback": traceback.format_exc()}
    return json.dumps(answer)


def _inside(path: Path | None) -> bool:
    return path is not None and path.is_relative_to(Path.cwd())


def _warm() -> None:
    """Import what every project needs and what reads no settings."""
    import django.conf
    import django.contrib.staticfiles.apps
    import django.contrib.staticfiles.finders
    import django.contrib.staticfiles.storage
    import django.core.checks
    import django.forms
    import django.template.backends.django
    import django.template.defaultfilters
    import django.template.defaulttags
    import django.template.loader_tags
    import django.templatetags.static
    import django.test.utils
    import django.views.generic
    import tinycss2
    import tree_sitter
    import tree_sitter_javascript
    import whitenoise.middleware
    import whitenoise.storage

    import staticproof.checks  # noqa: F401


if __name__ == "__main__":
    sys.path.pop(0)  # this folder's modules are no top-level ones
    _warm()
    _serve()
