"""The cache of compressed contents: when it is damaged, full, shared or read-only, a run only takes longer."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import brotli
import pytest

from whitenoise_edge.cache_folder import cache_folder
from whitenoise_edge.collecting import contents
from whitenoise_edge.collecting.compression import RememberingCompressor
from whitenoise_edge.collecting.contents import Contents

from .collector import FILES, LONG, Collector


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    collector = Collector(tmp_path)
    for name, text in FILES.items():
        collector.write(name, text)
    return collector


def database(cache: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(cache / "compressed-1.sqlite3", isolation_level=None))


def kept(cache: Path) -> dict[str, bytes]:
    with database(cache) as opened:
        return dict(opened.execute("SELECT key, compressed FROM contents"))


@pytest.mark.parametrize(
    "damage",
    [b"", b"no brotli", brotli.compress(b"another file"), "text", None],
    ids=["empty", "bad", "other", "text", "none"],
)
def test_a_damaged_content_is_compressed_again(cache: Path, collector: Collector, damage: object) -> None:
    collector.both()
    whole = kept(cache)
    assert whole
    with database(cache) as opened:
        opened.execute("UPDATE contents SET compressed = ?", (damage,))
    collector.both("--clear")
    assert kept(cache) == whole


def _overwritten(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _partly_overwritten(file: Path) -> None:
    with file.open("r+b") as content:
        content.seek(4096)
        content.write(b"x" * 4096)


def _with_other_columns(file: Path) -> None:
    with database(file.parent) as opened:
        opened.executescript("DROP TABLE contents; CREATE TABLE contents (a)")


@pytest.mark.parametrize("damage", [_overwritten, _cut, _partly_overwritten, _with_other_columns])
def test_a_damaged_cache_costs_only_time(cache: Path, collector: Collector, damage: Callable[[Path], None]) -> None:
    collector.both()
    damage(cache / "compressed-1.sqlite3")
    collector.both("--clear")
    assert not list(collector.ours.rglob("*.part"))


def test_a_cache_that_is_not_a_database_is_replaced_in_the_next_run(cache: Path, collector: Collector) -> None:
    collector.both()
    whole = kept(cache)
    _overwritten(cache / "compressed-1.sqlite3")
    collector.both("--clear")
    collector.both("--clear")
    assert kept(cache) == whole


def test_a_locked_cache_costs_only_time(cache: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    collector.both()
    monkeypatch.setattr(contents, "PATIENCE", 0.1)
    with database(cache) as opened:
        opened.execute("BEGIN EXCLUSIVE")
        collector.both("--clear")
    collector.both("--clear")


@pytest.mark.parametrize("damage", [b"", b"no json", b"null\n[]\n", b'""\n{"fingerprint": 1}\n'])
def test_a_damaged_record_is_ignored(cache: Path, collector: Collector, damage: bytes) -> None:
    collector.both()
    (file,) = (cache / "collected").iterdir()
    file.write_bytes(damage)
    collector.both()
    assert "\n0 static files copied" in collector.both()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_record_that_other_users_can_write_is_not_trusted(cache: Path, collector: Collector) -> None:
    collector.both()
    (file,) = (cache / "collected").iterdir()
    file.chmod(0o666)
    assert "\n0 static files copied" not in collector.both()


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a file in place of the folder, which stops even root from writing."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WHITENOISE_EDGE_CACHE", str(tmp_path / "file" / "cache"))
    collector.both()
    collector.both()


def test_the_record_of_a_deleted_folder_is_deleted(cache: Path, collector: Collector) -> None:
    collector.collect()
    collector.ours.rename(collector.folder / "away")
    collector.folder = collector.folder / "elsewhere"
    collector.write("a.css", LONG)
    collector.collect()
    assert len(list((cache / "collected").iterdir())) == 1


def test_the_cache_stays_within_its_limit_and_keeps_the_contents_used_last(cache: Path) -> None:
    for number in range(20):
        run = Contents(limit=1000)
        run.read("0")
        run.write(str(number), b"x" * 90)
        run.close()
    left = kept(cache)
    assert 8 < len(left) <= 11
    assert {"0", "18", "19"} <= left.keys()
    assert "1" not in left


def test_a_server_that_only_looks_up_names_loads_no_cache() -> None:
    modules = "whitenoise_edge.storage, whitenoise_edge.wsgi"
    code = f"import sys, django.conf; django.conf.settings.configure(); import {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "whitenoise_edge.storage" in done.stdout.split()
    assert "whitenoise_edge.collecting.contents" not in done.stdout.split()


def test_new_contents_are_written_before_they_fill_the_memory(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "BATCH", 1000)
    unfinished = Contents()
    for number in range(20):
        unfinished.write(str(number), b"x" * 90)
    assert len(kept(cache)) == 12
    unfinished.close()
    assert len(kept(cache)) == 20


def test_another_version_of_the_encoder_has_entries_of_its_own(cache: Path) -> None:
    key = Contents().key
    assert key("br 1", b"a") != key("br 2", b"a") != key("br 2", b"b")


def test_threads_with_the_same_content_compress_it_once(cache: Path) -> None:
    compressor = RememberingCompressor(quiet=True)
    content = LONG.encode() * 1000
    with ThreadPoolExecutor(8) as executor:
        results = set(executor.map(compressor.compress_brotli, [content] * 32))
    compressor.contents.close()
    assert results == {brotli.compress(content)}
    assert list(kept(cache).values()) == [brotli.compress(content)]


def test_the_environment_names_the_folder_or_else_it_is_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHITENOISE_EDGE_CACHE", raising=False)
    folder = cache_folder()
    assert folder is not None
    assert folder.name == "whitenoise-edge"
    monkeypatch.setenv("WHITENOISE_EDGE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
