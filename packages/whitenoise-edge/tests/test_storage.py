"""The storage writes the same bytes as WhiteNoise's after every change and damage, and it writes nothing twice."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from whitenoise_edge.collecting import record
from whitenoise_edge.collecting.compression import RememberingCompressor
from whitenoise_edge.storage import CompressedManifestStaticFilesStorage

from .collector import FAILURES, FILES, LONG, OURS, THEIRS, Collector, times, tree


@pytest.fixture(params=[True, False], ids=["only hashed", "originals too"])
def collector(tmp_path: Path, request: pytest.FixtureRequest) -> Collector:
    collector = Collector(tmp_path, request.param)
    for name, text in FILES.items():
        collector.write(name, text)
    return collector


@pytest.fixture(params=[None, 0], ids=["by digest", "by stamp"])
def trust(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files as new as those of a test are compared by content. Half of the tests trust the stamps instead."""
    if request.param is not None:
        monkeypatch.setattr(record, "SURE", request.param)


def _change(name: str, old: str, new: str) -> Callable[[Collector], None]:
    def change(collector: Collector) -> None:
        text = (collector.source / name).read_text(encoding="utf-8")
        assert old in text
        collector.write(name, text.replace(old, new), seconds=5)

    return change


def _same_size_and_time(collector: Collector) -> None:
    path = collector.source / "css/lonely.css"
    before = path.stat()
    _change("css/lonely.css", "#123", "#456")(collector)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _chain(collector: Collector) -> None:
    collector.write("css/lonely.css", f'@import "site.css";\n{LONG}')


CHANGES: dict[str, Callable[[Collector], object]] = {
    "a stylesheet": _change("css/lonely.css", "#123", "#1234"),
    "the size and the time stay": _same_size_and_time,
    "an image that stylesheets show": _change("imgs/dot.svg", 'r="3"', 'r="2"'),
    "a stylesheet with a source map and queries": _change("css/other.css", "a {", "i {"),
    "the source map of a stylesheet": _change("css/other.css.map", "3", "4"),
    "an imported stylesheet": _change("css/parts/menu.css", "nav", "header"),
    "a script": _change("js/site.js", '"a"', '"b"'),
    "a source map": _change("js/site.js.map", "3", "4"),
    "a new reference to an unchanged stylesheet": _chain,
    "a new file": lambda collector: collector.write("css/new.css", f'@import "site.css";\n{LONG}'),
    "a file removed": lambda collector: (collector.source / "css/other.css").unlink(),
    "a file renamed": lambda collector: (collector.source / "css/other.css").rename(collector.source / "css/b.css"),
    "a file touched": lambda collector: os.utime(collector.source / "imgs/dot.svg"),
    "nothing": lambda collector: None,
}
DAMAGES: dict[str, Callable[[Path], object]] = {
    "hashed file lost": lambda root: next(root.glob("css/site.*.css")).unlink(),
    "hashed file cut": lambda root: os.truncate(next(root.glob("css/site.*.css")), 9),
    "variant lost": lambda root: next(root.glob("css/lonely.*.css.br")).unlink(),
    "variant damaged": lambda root: next(root.glob("css/lonely.*.css.gz")).write_bytes(b"no gzip"),
    "manifest lost": lambda root: (root / "staticfiles.json").unlink(),
    "manifest damaged": lambda root: (root / "staticfiles.json").write_text('{"paths": {}, "version": "1.1"}'),
    "original lies there": lambda root: (root / "css/site.css").write_text("left by --no-post-process"),
}


@pytest.mark.usefixtures("trust")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_a_change_the_files_are_those_of_whitenoise(
    collector: Collector, change: Callable[[Collector], object]
) -> None:
    collector.both()
    change(collector)
    collector.both()
    before = times(collector.ours)
    collector.both()
    assert times(collector.ours) == before, "the second run after a change touches nothing"


@pytest.mark.usefixtures("trust")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_after_damage_the_files_are_complete_again(collector: Collector, damage: Callable[[Path], object]) -> None:
    collector.both()
    damage(collector.ours)
    collector.collect()
    if collector.only_hashed or not (collector.ours / "css/site.css").read_bytes().startswith(b"left"):
        assert tree(collector.ours) == tree(collector.theirs)
    else:  # Django trusts an original that is newer than its source
        assert tree(collector.ours).keys() == tree(collector.theirs).keys()


def test_an_unchanged_run_reports_it_and_touches_nothing(collector: Collector) -> None:
    collector.collect()
    before = times(collector.ours)
    assert f"0 static files copied to '{collector.ours}', {len(FILES)} unmodified." in collector.collect()
    assert times(collector.ours) == before


def test_a_changed_file_is_the_only_one_touched(collector: Collector) -> None:
    collector.collect()
    before = times(collector.ours)
    _change("css/lonely.css", "#123", "#1234")(collector)
    assert "1 static file copied" in collector.collect()
    changed = {name for name, time in times(collector.ours).items() if before.get(name) != time}
    assert changed
    assert all(name.startswith("css/lonely.") or name == "staticfiles.json" for name in changed)


def test_only_texts_that_refer_to_a_changed_image_are_rewritten(collector: Collector) -> None:
    collector.collect()
    before = times(collector.ours)
    _change("imgs/paper.svg", "h8", "h7")(collector)
    collector.collect()
    changed = {name.partition(".")[0] for name, time in times(collector.ours).items() if before.get(name) != time}
    least = {"css/site", "css/other", "imgs/paper"}
    assert least <= changed <= least | {"css/parts/menu", "staticfiles"}


@pytest.mark.parametrize("options", [("--clear",), ("--link",), ("--ignore", "*.js*"), ("--no-post-process",)])
def test_the_options_of_collectstatic_work(collector: Collector, options: tuple[str, ...]) -> None:
    collector.both()
    collector.both(*options)
    collector.both(*options)
    collector.both()


def test_a_dry_run_changes_nothing(collector: Collector) -> None:
    collector.collect("--dry-run")
    assert not collector.ours.exists()
    collector.both()
    before = times(collector.ours)
    _change("css/lonely.css", "#123", "#1234")(collector)
    collector.collect("--dry-run")
    assert times(collector.ours) == before
    collector.both()


@pytest.mark.parametrize("again", [True, False], ids=["second run", "first run"])
def test_a_missing_file_is_reported_as_whitenoise_reports_it(collector: Collector, again: bool) -> None:
    if again:
        collector.both()
    _change("css/other.css", "dot.svg", "nowhere.svg")(collector)
    said = []
    for storage in (THEIRS, OURS):
        with pytest.raises(FAILURES, match=r"imgs/nowhere\.svg") as raised:
            collector.collect(storage=storage)
        said.append(str(raised.value).partition(" with <")[0] + str(raised.value).partition(">")[2].partition(">")[2])
    assert said[0] == said[1]
    _change("css/other.css", "nowhere.svg", "dot.svg")(collector)
    collector.both()


def test_a_removed_file_that_is_referred_to_is_an_error(collector: Collector) -> None:
    collector.collect()
    collector.collect("--clear")
    (collector.source / "imgs/paper.svg").unlink()
    with pytest.raises(FAILURES, match=r"imgs/paper\.svg"):
        collector.collect("--clear")


def test_a_loop_is_an_error_in_every_run(collector: Collector) -> None:
    collector.both()
    collector.write("css/parts/menu.css", f'@import "../site.css";\n{LONG}')
    for storage in (THEIRS, OURS, OURS):
        with pytest.raises(FAILURES, match="Max post-process passes exceeded"):
            collector.collect(storage=storage)


def test_other_settings_process_everything_again(collector: Collector) -> None:
    collector.both()
    for path in (collector.ours, collector.theirs):
        assert any(path.rglob("*.br"))
    collector.only_hashed = not collector.only_hashed
    collector.both()


def test_a_reference_to_a_folder_stays_as_it_is(collector: Collector) -> None:
    """WhiteNoise stops at it with IsADirectoryError, where only hashed files are kept."""
    collector.write("css/other.css", f'a {{ background: url("../css/parts"); }}\n{LONG}')
    collector.collect()
    (text,) = (path.read_text(encoding="utf-8") for path in collector.ours.glob("css/other.*.css"))
    assert 'url("../css/parts")' in text


def test_a_run_that_fails_leaves_no_original_where_only_hashed_files_are_kept(collector: Collector) -> None:
    collector.write("css/other.css", "a { background: url(nowhere.svg); }")
    with pytest.raises(FAILURES):
        collector.collect()
    originals = FILES.keys() & tree(collector.ours).keys()
    assert originals == (set() if collector.only_hashed else FILES.keys())


def test_a_text_without_references_is_written_once(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    save = CompressedManifestStaticFilesStorage._save

    def counted(self: CompressedManifestStaticFilesStorage, name: str, content: object) -> str:
        written.append(name)
        return str(save(self, name, content))

    monkeypatch.setattr(CompressedManifestStaticFilesStorage, "_save", counted)
    collector.collect()
    assert sum(name.startswith("css/lonely.") for name in written) == (1 if collector.only_hashed else 2)


def test_files_are_compressed_while_others_are_written(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    compress, save_manifest = RememberingCompressor.compress, CompressedManifestStaticFilesStorage.save_manifest

    def seen(self: RememberingCompressor, path: str) -> list[str]:
        begun.set()
        return list(compress(self, path))

    def late(self: CompressedManifestStaticFilesStorage) -> None:
        assert begun.wait(10), "no file was compressed before all were written"
        save_manifest(self)

    monkeypatch.setattr(RememberingCompressor, "compress", seen)
    monkeypatch.setattr(CompressedManifestStaticFilesStorage, "save_manifest", late)
    collector.both()


def test_a_run_that_fails_does_not_compress_the_rest(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()
    compressed: list[str] = []

    def slow(self: RememberingCompressor, path: str) -> list[str]:
        failed.wait(10)
        compressed.append(path)
        return []

    monkeypatch.setattr(RememberingCompressor, "compress", slow)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for number in range(9):
        collector.write(f"js/deep/{number}.js", f"{number}\n{LONG}")
    collector.write("css/other.css", "a { background: url(nowhere.svg); }")
    with pytest.raises(FAILURES) as raised:
        collector.collect()
    failed.set()
    time.sleep(0.2)  # for a thread that has not stopped
    assert raised, "the error keeps the run alive"
    assert len(compressed) <= 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of files")
@pytest.mark.parametrize("again", [True, False], ids=["second run", "first run"])
def test_a_full_disk_leaves_no_incomplete_file_and_the_next_run_completes_them(
    collector: Collector, again: bool
) -> None:
    import resource

    if again:
        collector.both()
    collected = tree(collector.ours)
    collector.write("css/lonely.css", "p { color: #999; }\n" + LONG, seconds=5)
    collector.collect(storage=THEIRS)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            collector.collect()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    sources = tree(collector.source)
    for name, content in tree(collector.ours).items():
        assert content in (collected.get(name), tree(collector.theirs).get(name), sources.get(name)), name
    collector.both()


def test_the_same_content_is_compressed_once(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    gzip = RememberingCompressor.__mro__[1].compress_gzip

    def counted(data: bytes) -> bytes:
        made.append(data)
        return bytes(gzip(data))

    monkeypatch.setattr(RememberingCompressor.__mro__[1], "compress_gzip", staticmethod(counted))
    collector.collect()
    assert made
    assert len(made) == len(set(made))
    made.clear()
    collector.collect("--clear")
    assert made == []
