"""The `collectstatic` command: several at once, a broken manifest, and storages that are not incremental."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage

from whitenoise_edge.collecting.lock import locked
from whitenoise_edge.storage import CompressedManifestStaticFilesStorage

from .collector import FAILURES, FILES, LONG, OURS, THEIRS, Collector, tree
from .servers import variables

COLLECT = [sys.executable, "-m", "django", "collectstatic", "--no-input"]
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
MANIFEST = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    collector = Collector(tmp_path)
    for name, text in FILES.items():
        collector.write(name, text)
    return collector


def start(collector: Collector, root: Path, *options: str, **more: str) -> subprocess.Popen[str]:
    environment = variables(SITE_SOURCE=str(collector.source), SITE_STATIC_ROOT=str(root), **more)
    pipe = subprocess.PIPE
    return subprocess.Popen([*COLLECT, *options], env=environment, stdout=pipe, stderr=pipe, text=True)


def finish(processes: list[subprocess.Popen[str]]) -> list[str]:
    results = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, _, code in results] == [0] * len(processes), results
    return [output for output, _, _ in results]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot lock folders")
@pytest.mark.parametrize("history", ["empty folder", "everything has changed", "other caches"])
def test_four_runs_at_once_wait_for_each_other(collector: Collector, tmp_path: Path, history: str) -> None:
    for number in range(100):
        collector.write(f"js/{number}.js", f"{number}\n{LONG}")
    if history == "everything has changed":
        collector.collect()
        for path in collector.source.rglob("*.*s*"):
            path.write_text(f"{path.read_text()}\n")
    caches = [{"WHITENOISE_EDGE_CACHE": str(tmp_path / str(number))} for number in range(4)]
    more: list[dict[str, str]] = caches if history == "other caches" else [{}] * 4
    outputs = finish([start(collector, collector.ours, **each) for each in more])
    collector.collect(storage=THEIRS)
    assert _hashed(tree(collector.ours)) >= _hashed(tree(collector.theirs))
    if history != "other caches":
        assert sum("\n0 static files copied" in output for output in outputs) == 3, "one run has done all the work"
    assert not list(tmp_path.rglob("*.part"))


def _hashed(files: dict[str, bytes]) -> set[tuple[str, bytes]]:
    return set(files.items())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot lock folders")
def test_a_waiting_run_prints_a_message(collector: Collector) -> None:
    collector.ours.mkdir()
    with locked(str(collector.ours), lambda: None):
        process = start(collector, collector.ours)
        assert process.stdout
        assert process.stdout.readline() == "Waiting for another collectstatic to finish...\n"
        time.sleep(0.2)
        assert process.poll() is None
        assert tree(collector.ours) == {}
    finish([process])
    assert tree(collector.ours)


def test_runs_on_different_folders_give_the_same_files(collector: Collector, tmp_path: Path) -> None:
    """They share the cache of compressed contents."""
    collector.collect(storage=THEIRS)
    roots = [tmp_path / f"root-{number}" for number in range(3)]
    finish([start(collector, root) for root in roots])
    for root in roots:
        assert tree(root) == tree(collector.theirs)


def test_a_folder_without_locks_works_too(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whitenoise_edge.collecting.lock.fcntl", None)
    collector.both()


BROKEN = {
    "empty": b"",
    "cut": b'{"paths": {"css/site.css": "css/si',
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "another version": b'{"paths": {}, "version": "9"}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_manifest_is_rebuilt_with_one_line_of_explanation(collector: Collector, content: bytes) -> None:
    collector.both()
    (collector.ours / "staticfiles.json").write_bytes(content)
    (output,) = finish([start(collector, collector.ours)])
    assert output.splitlines()[0].startswith("The manifest staticfiles.json is broken and will be built again: ")
    assert "\n0 static files copied" in output
    assert tree(collector.ours) == tree(collector.theirs)
    (output,) = finish([start(collector, collector.ours)])
    assert "will be built again" not in output


def test_a_broken_manifest_is_an_error_where_it_is_needed(collector: Collector) -> None:
    collector.collect()
    (collector.ours / "staticfiles.json").write_bytes(b"")
    with pytest.raises(ValueError, match="Couldn't load manifest"):
        CompressedManifestStaticFilesStorage(location=collector.ours, base_url="/static/")
    for option in ("--no-post-process", "--dry-run"):
        process = start(collector, collector.ours, option)
        assert "Couldn't load manifest" in process.communicate()[1]
        assert process.returncode == 1


@pytest.mark.parametrize("storage", [PLAIN, MANIFEST, THEIRS])
def test_with_another_storage_the_command_is_that_of_django(collector: Collector, storage: str) -> None:
    def outputs(*apps: str) -> list[str]:
        root = collector.folder / f"root-{len(apps)}"
        code = "import sys, django; from django.conf import settings; from django.core.management import call_command; "
        code += "settings.configure(**eval(sys.argv[1])); django.setup(); call_command('collectstatic', '--no-input')"
        settings = {
            "INSTALLED_APPS": [*apps, "django.contrib.staticfiles"],
            "STATIC_URL": "/static/",
            "STATIC_ROOT": str(root),
            "STATICFILES_DIRS": [str(collector.source)],
            "STORAGES": {"staticfiles": {"BACKEND": storage}},
        }
        found = []
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", code, repr(settings)], capture_output=True, text=True, check=True
            )
            found.append(done.stdout.replace(str(root), "ROOT"))
        found.append(repr(sorted(tree(root).items())))
        return found

    assert outputs("whitenoise_edge") == outputs()


def test_without_static_root_the_error_is_that_of_django(collector: Collector) -> None:
    environment = variables(SITE_SOURCE=str(collector.source))
    environment.pop("SITE_STATIC_ROOT", None)
    done = subprocess.run(COLLECT, env=environment, capture_output=True, text=True, check=False)
    assert "without having set the STATIC_ROOT" in done.stderr


def test_a_new_folder_has_the_permissions_of_the_settings(collector: Collector) -> None:
    from django.test import override_settings

    with override_settings(FILE_UPLOAD_DIRECTORY_PERMISSIONS=0o750):
        collector.collect()
    modes = {path.stat().st_mode & 0o777 for path in (collector.ours, collector.ours / "css")}
    assert modes == {0o750}


def test_a_storage_that_has_not_collected_can_save_its_manifest(tmp_path: Path) -> None:
    storage = CompressedManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    storage.save_manifest()
    assert json.loads((tmp_path / "staticfiles.json").read_bytes())["paths"] == {}


def test_a_storage_can_collect_without_the_command(tmp_path: Path, collector: Collector) -> None:
    source = StaticFilesStorage(location=collector.source, base_url="/static/")
    storage = CompressedManifestStaticFilesStorage(location=tmp_path / "root", base_url="/static/")
    collected = {name: (source, name) for name in FILES}
    for _ in range(2):
        assert {name for name, *_ in storage.post_process(collected)} >= FILES.keys()
        assert storage.hashed_files.keys() == FILES.keys()


def test_an_error_ends_the_lock(collector: Collector) -> None:
    collector.write("css/other.css", "a { background: url(nowhere.svg); }")
    with pytest.raises(FAILURES):
        collector.collect(storage=OURS)
    (collector.source / "css/other.css").unlink()
    collector.collect()
