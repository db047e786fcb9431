"""The site of these tests: the generated one with an added app that has a model, uploads, mail and slow pages."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from conftest import PRODUCTION, Site
from servers import procfile

from production.visitor import CREATE_ADMIN

# `add` and `upload` answer 201 after the commit. A confirmed document must survive every failure.
DOCUMENTS = {
    "__init__.py": "",
    "apps.py": 'from django.apps import AppConfig\n\n\nclass DocumentsConfig(AppConfig):\n    name = "documents"\n',
    "migrations/__init__.py": "",
    "models.py": """
from django.db import models


class Document(models.Model):
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to="documents/", blank=True)

    def __str__(self):
        return self.title
""",
    "admin.py": """
from django.contrib import admin

from documents.models import Document

admin.site.register(Document)
""",
    "urls.py": """
from django.urls import path

from documents import views

urlpatterns = [
    path("add/", views.add),
    path("upload/", views.upload),
    path("titles/", views.titles),
    path("show/<int:pk>/", views.show),
    path("slow/", views.slow),
    path("cached/", views.cached),
    path("fail/", views.fail),
]
""",
    "views.py": """
import os
import time

from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt

from documents.models import Document


@csrf_exempt
def add(request):
    document = Document.objects.create(title=request.POST["title"])
    return JsonResponse({"pk": document.pk}, status=201)


@csrf_exempt
def upload(request):
    document = Document.objects.create(title=request.POST["title"], file=request.FILES["file"])
    return JsonResponse({"pk": document.pk, "name": document.file.name}, status=201)


def titles(request):
    return JsonResponse(list(Document.objects.values_list("title", flat=True)), safe=False)


def show(request, pk):
    document = get_object_or_404(Document, pk=pk)
    return HttpResponse(f'<h1>{document.title}</h1><img src="{document.file.url}" alt="">')


def slow(request):
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse(str(os.getpid()))


def cached(request):
    return HttpResponse(str(cache.get_or_set("cached", "kept", 60)))


def fail(request):
    raise RuntimeError("A bug in a view")
""",
}


def with_documents(site: Site, folder: Path) -> Site:
    """Copy the site into ``folder`` and add the app `documents` with its migration."""
    path = folder / "my-site"
    shutil.copytree(site.path, path, ignore=shutil.ignore_patterns(".venv", "db.sqlite3*"), symlinks=True)
    (path / ".venv").symlink_to(site.path / ".venv", target_is_directory=True)
    for name, text in DOCUMENTS.items():
        file = path / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"), encoding="utf-8")
    put(path / "config" / "settings.py", '    "pages",\n', '    "pages",\n    "documents",\n')
    line = '    path("", include("pages.urls")),\n'
    put(path / "config" / "urls.py", line, line + '    path("documents/", include("documents.urls")),\n')
    copy = Site(path, site.output)
    made = copy.manage("makemigrations", "documents")
    assert made.returncode == 0, made.stderr
    return copy


def static_file(site: Site, name: str) -> str:
    """Return the URL of a static file, with the hash that `collectstatic` gave it."""
    stem, _, ending = name.rpartition(".")
    pattern = re.compile(rf"{re.escape(stem)}\.[0-9a-f]{{12}}\.{re.escape(ending)}")
    root = site.path / "staticfiles"
    found = [path for path in root.rglob("*") if pattern.fullmatch(path.relative_to(root).as_posix())]
    assert found, f"{name} is not in {root}"
    return "/static/" + found[0].relative_to(root).as_posix()


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer contains {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


class Production(NamedTuple):
    """A running site in production. ``process`` is the process manager that runs the Procfile's web command."""

    site: Site
    port: int
    process: subprocess.Popen[Any]
    log: Path
    static: str
    environment: dict[str, str]

    @property
    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def gunicorn(self) -> tuple[int, list[int]]:
        """Return the process ids of gunicorn's master and of its workers."""
        # The command of the shell that starts it contains only the word gunicorn.
        children = {pid: parent for pid, parent, name in processes() if "bin/gunicorn" in name}
        for master, parent in children.items():
            if parent not in children and self.process.pid in ancestors(master):
                return master, [pid for pid, above in children.items() if above == master]
        raise AssertionError(f"no gunicorn under {self.process.pid}: {list(processes())}\n{self.log_text}")


@contextlib.contextmanager
def production(site: Site, folder: Path, **environment: str) -> Iterator[Production]:
    """Start the site by its Procfile, with its log and its media in ``folder``."""
    media = folder / "media"
    media.mkdir(exist_ok=True)
    environment = {"MEDIA_ROOT": str(media)} | environment
    log = folder / "web.log"
    with procfile(site, log, **environment) as (port, process):
        yield Production(site, port, process, log, static_file(site, "css/site.css"), PRODUCTION | environment)


def prepare(site: Site, **environment: str) -> None:
    """Migrate the site's database and create its first user."""
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "--command", CREATE_ADMIN]):
        done = site.manage(*command, cwd=site.path, **PRODUCTION | environment)
        assert done.returncode == 0, done.stdout + done.stderr


def processes() -> Iterator[tuple[int, int, str]]:
    """Yield the id, the id of the parent and the command of each process of this machine."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, parent, command = line.split(None, 2)
        yield int(pid), int(parent), command


def ancestors(pid: int) -> set[int]:
    parents = {child: parent for child, parent, _ in processes()}
    found = set()
    while pid in parents:
        pid = parents[pid]
        found.add(pid)
    return found
