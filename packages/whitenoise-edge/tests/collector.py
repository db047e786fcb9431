"""Collect the same small sources with WhiteNoise's storage and with ours, each into a folder of its own."""

from __future__ import annotations

import io
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import CommandError, call_command
from django.test import override_settings

OURS = "whitenoise_edge.storage.CompressedManifestStaticFilesStorage"
THEIRS = "whitenoise.storage.CompressedManifestStaticFilesStorage"
# Before Django 6.1, collectstatic raises the storage's own exception.
FAILURES = (CommandError, ValueError, RuntimeError)
LONG = "/* Long enough for compression to pay. Long enough for compression to pay. Long enough. */\n"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">%s</svg>\n' * 3
DOT = '<circle cx="4" cy="4" r="3"/>'
PAPER = '<path d="M0 0h8v8z M0 0h8v8z"/>'
FILES = {
    "css/site.css": '@import "parts/menu.css";\nbody { background: url("../imgs/paper.svg"); }\n' + LONG,
    "css/parts/menu.css": 'nav { background: url("../../imgs/dot.svg#a"); }\n' + LONG,
    "css/lonely.css": "p { color: #123; }\n" + LONG,
    "css/other.css": f"""\
a {{ background: url("../imgs/dot.svg"); }}
b {{ background: url("../imgs/paper.svg?v=1#a"); }}
{LONG}/*# sourceMappingURL=other.css.map */
""",
    "css/other.css.map": '{"version": 3}\n',
    "imgs/paper.svg": SVG % ((PAPER,) * 3),
    "imgs/dot.svg": SVG % ((DOT,) * 3),
    "imgs/same.svg": SVG % ((DOT,) * 3),
    "js/site.js": f'document.title = "a";\n{LONG}//# sourceMappingURL=site.js.map\n',
    "js/site.js.map": '{"version": 3}\n',
    "empty.txt": "",
}


@dataclass
class Collector:
    """Sources, and the two folders that they are collected into."""

    folder: Path
    only_hashed: bool = True

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def ours(self) -> Path:
        return self.folder / "ours"

    @property
    def theirs(self) -> Path:
        return self.folder / "theirs"

    def write(self, name: str, text: str, seconds: float = -100) -> Path:
        """Write a source whose last change is so many seconds from now."""
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        # Django compares whole seconds: an original is copied again only when its source is clearly newer.
        at = time.time() + seconds
        os.utime(path, (at, at))
        return path

    def collect(self, *options: str, storage: str = OURS) -> str:
        """Run `collectstatic` and return its output. Raise CommandError."""
        output = io.StringIO()
        storages = {"staticfiles": {"BACKEND": storage}}
        with override_settings(
            INSTALLED_APPS=["whitenoise_edge", "django.contrib.staticfiles"],
            STATICFILES_DIRS=[self.source],
            STATIC_ROOT=self.ours if storage == OURS else self.theirs,
            STORAGES=storages,
            WHITENOISE_KEEP_ONLY_HASHED_FILES=self.only_hashed,
        ):
            call_command("collectstatic", *options, interactive=False, verbosity=1, stdout=output, stderr=io.StringIO())
        return output.getvalue()

    def both(self, *options: str) -> str:
        """Collect with both, and compare every file of the two folders byte by byte. Return the output of ours."""
        self.collect(*options, storage=THEIRS)
        output = self.collect(*options)
        assert tree(self.ours) == tree(self.theirs)
        return output


def tree(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content. Before Django 6.1, the manifest has no certain order."""
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    if "staticfiles.json" in files and django.VERSION < (6, 1):
        manifest = json.loads(files["staticfiles.json"])
        manifest["paths"] = dict(sorted(manifest["paths"].items()))
        files["staticfiles.json"] = json.dumps(manifest).encode()
    return files


def times(root: Path) -> dict[str, int]:
    """Return every file below a folder with the time of its last change of any kind."""
    return {path.relative_to(root).as_posix(): path.stat().st_ctime_ns for path in root.rglob("*") if path.is_file()}


@dataclass
class Collected:
    """Collected files, of which one is larger than the edge keeps in memory."""

    root: Path

    @property
    def manifest(self) -> dict[str, str]:
        """The hashed names by the names."""
        names: dict[str, str] = json.loads((self.root / "staticfiles.json").read_bytes())["paths"]
        return names

    @property
    def urls(self) -> dict[str, Path]:
        """The hashed files by their URLs."""
        return {f"/static/{name}": self.root / name for name in self.manifest.values()}

    @property
    def stylesheet(self) -> str:
        return f"/static/{self.manifest['css/site.css']}"

    @property
    def large(self) -> str:
        return f"/static/{self.manifest['large.txt']}"

    def file(self, url: str, suffix: str = "") -> Path:
        """Return the path of a file, or of its compressed variant."""
        return Path(f"{self.urls[url]}{suffix}")
