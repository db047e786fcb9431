"""The cache of compressed contents costs nothing but time when it is damaged, full, shared or not to be written to."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest

from staticproof.cache_folder import cache_folder
from staticproof.collecting.compression import RememberingCompressor
from staticproof.collecting.contents import Contents

from .collector import FILES, LONG, Collector, tree
from .conftest import Project


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATICPROOF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    collector = Collector(tmp_path)
    for name, text in FILES.items():
        collector.write(name, text)
    return collector


def entries(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "compressed").rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", [b"", b"no brotli", brotli.compress(b"another file")], ids=["empty", "bad", "other"])
def test_a_damaged_entry_is_made_anew(cache: Path, collector: Collector, damage: bytes) -> None:
    collector.both()
    whole = tree(cache / "compressed")
    for path in entries(cache):
        path.write_bytes(damage)
    collector.both("--clear")
    assert tree(cache / "compressed") == whole


@pytest.mark.parametrize("damage", [b"", b"no json", b"null\n[]\n", b'""\n{"fingerprint": 1}\n'])
def test_a_damaged_record_is_ignored(cache: Path, collector: Collector, damage: bytes) -> None:
    collector.both()
    (file,) = (cache / "collected").iterdir()
    file.write_bytes(damage)
    collector.both()
    assert "\n0 static files copied" in collector.both()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_record_that_others_could_have_written_is_not_believed(cache: Path, collector: Collector) -> None:
    collector.both()
    (file,) = (cache / "collected").iterdir()
    file.chmod(0o666)
    assert "\n0 static files copied" not in collector.both()


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the folder should be: that stops every user, the one who may write everywhere included."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STATICPROOF_CACHE", str(tmp_path / "file" / "cache"))
    collector.both()
    collector.both()


def test_the_record_of_a_folder_that_is_gone_goes_too(cache: Path, collector: Collector) -> None:
    collector.collect()
    collector.ours.rename(collector.folder / "away")
    collector.folder = collector.folder / "elsewhere"
    collector.write("a.css", LONG)
    collector.collect()
    assert len(list((cache / "collected").iterdir())) == 1


def test_the_cache_stays_within_its_limit_and_keeps_what_was_used_last(cache: Path) -> None:
    contents = Contents(limit=1000)
    paths = [contents.path("test", bytes([number])) for number in range(20)]
    for age, path in enumerate(paths):
        assert path is not None
        contents.write(path, b"x" * 90)
        os.utime(path, (age, age))
    assert paths[0] is not None
    assert contents.read(paths[0])
    contents.prune()
    kept = entries(cache)
    assert sum(path.stat().st_size for path in kept) <= 1000
    assert len(kept) > 8
    names = [str(path) for path in kept]
    assert paths[0] in names
    assert paths[-1] in names
    assert paths[1] not in names


def test_another_version_of_the_encoder_has_entries_of_its_own(cache: Path) -> None:
    contents = Contents()
    assert contents.path("br 1", b"a") != contents.path("br 2", b"a") != contents.path("br 2", b"b")


def test_threads_with_the_same_content_compress_it_once(cache: Path) -> None:
    compressor = RememberingCompressor(quiet=True)
    content = LONG.encode() * 1000
    with ThreadPoolExecutor(8) as executor:
        results = set(executor.map(compressor.compress_brotli, [content] * 32))
    assert results == {brotli.compress(content)}
    assert len(entries(cache)) == 1


def test_concurrent_runs_give_one_right_result(project: Project) -> None:
    collected = project.manage("collectstatic", "--no-input")
    assert collected.returncode == 0, collected.stderr
    right = tree(project.root / "staticfiles")
    project.replace(
        "mysite/settings.py",
        "whitenoise.storage.CompressedManifestStaticFilesStorage",
        "staticproof.storage.IncrementalStaticFilesStorage",
    )
    with ThreadPoolExecutor(3) as executor:
        roots = [f"staticfiles-{number}" for number in range(3)]
        settings = project.root / "mysite/settings.py"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('BASE_DIR / "staticfiles"', 'BASE_DIR / os.environ["ROOT"]'), encoding="utf-8")
        runs = list(executor.map(lambda root: project.manage("collectstatic", "--no-input", ROOT=root), roots))
    assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]
    for root in roots:
        assert tree(project.root / root) == right
    assert not list(project.root.rglob("*.part"))


def test_the_folder_is_the_users_own_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATICPROOF_CACHE", raising=False)
    folder = cache_folder()
    assert folder is not None
    assert folder.name == "django-staticproof"
    monkeypatch.setenv("STATICPROOF_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
