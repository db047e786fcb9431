"""The manifest of the static files is deleted; the disk is full for the log, for uploads or for the database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PRODUCTION, Site
from servers import free_port, served

from production.load import KINDS, running, wait_until
from production.sites import production, static_file
from production.visitor import File, Visitor

MEGABYTE = 1_000_000


@pytest.fixture
def copied(owned: Site, tmp_path: Path) -> Site:
    shutil.copytree(owned.path, tmp_path / "my-site", symlinks=True)
    return Site(tmp_path / "my-site", owned.output)


def test_the_manifest_is_deleted(copied: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> None:
    url = sqlite(tmp_path)
    manifest = copied.path / "staticfiles" / "staticfiles.json"
    with production(copied, tmp_path, DATABASE_URL=url) as server, running(server.port, server.static) as load:
        load.wait_for_more()
        manifest.unlink()
        load.wait_for_more()
    assert not load.failures()  # a running server has read the manifest

    with production(copied, tmp_path, DATABASE_URL=url) as server:
        visitor = Visitor(server.port)
        assert visitor.get(server.static).status == 200
        assert visitor.get("/livez").status == 200
        page, missing = visitor.get("/"), visitor.get("/none/")
        assert (page.status, missing.status) == (500, 404)
        assert "<style" in page.text
        assert "<style" in missing.text

    collected = copied.manage("collectstatic", "--no-input", cwd=copied.path, **PRODUCTION)
    assert collected.returncode == 0, collected.stderr
    with production(copied, tmp_path, DATABASE_URL=url) as server:
        assert Visitor(server.port).get("/").status == 200


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_the_log_cannot_be_written(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> None:
    port = free_port()
    path = os.pathsep.join([str(owned.python.parent), os.environ["PATH"]])
    environment = PRODUCTION | {"PORT": str(port), "PATH": path, "DATABASE_URL": sqlite(tmp_path)}
    command = ["sh", "-c", "exec gunicorn config.wsgi >/dev/full 2>&1"]
    static = static_file(owned, "css/site.css")
    with served(command, owned.path, tmp_path / "web.log", port, **environment):
        with running(port, static, missing="/none/", failing="/documents/fail/") as load:
            load.wait_for_more()
        assert not load.failures(*KINDS)
        assert set(load.statuses("missing")) == {404}
        assert set(load.statuses("failing")) == {500}
        assert set(load.confirmed) <= Visitor(port).titles()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes, for media and database."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small file system needs root: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs, which Linux has")
def test_the_disk_is_full(owned: Site, tmp_path: Path, disk: Path, sqlite: Callable[[Path], str]) -> None:
    with production(owned, tmp_path, DATABASE_URL=sqlite(disk), MEDIA_ROOT=str(disk / "media")) as server:
        visitor = Visitor(server.port)
        small = File("small.txt", b"a" * 1000)
        first = visitor.post("/documents/upload/", {"title": "Before"}, file=small)
        assert first.status == 201
        with running(server.port, server.static) as load:
            load.wait_for_more()
            filler = disk / "filler"
            fill(filler)
            full = time.monotonic()
            refused = visitor.post("/documents/upload/", {"title": "During"}, file=File("b.bin", b"b" * MEGABYTE))
            load.wait_for_more()
            freed = time.monotonic()
            filler.unlink()
            wait_until(lambda: visitor.post("/documents/upload/", {"title": "After"}, file=small).status == 201)
            load.wait_for_more()
        assert refused.status == 500
        assert "<style" in refused.text
        assert not load.failures("static", "live", "home", "titles")
        assert set(load.statuses("add", full, freed)) <= {201, 500}
        titles = visitor.titles()
        assert set(load.confirmed) <= titles
        assert {"Before", "After"} <= titles
        assert "During" not in titles
        # A part of the refused file may remain; every document has its complete file.
        assert (disk / "media" / first.json["name"]).read_bytes() == small.content


def fill(path: Path) -> None:
    """Write to a file until its file system is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return
