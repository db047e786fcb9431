"""Check collected files: stale (S4), missing or damaged (S5), and their sizes."""

import gzip
import shutil
from pathlib import Path

import brotli
import django
import pytest
from django.test import override_settings

from staticproof.findings import Level
from staticproof.serving.collect import MANIFEST, PLAIN, Collection, collect, collected, damaged, stale
from staticproof.serving.complaints import Complaint
from staticproof.serving.complaints import findings as grouped

CONTENT = b"body { color: #123456 }" * 20


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Return one stylesheet with both variants, and one image without variants."""
    for name, content in {
        "site.0123456789ab.css": CONTENT,
        "site.0123456789ab.css.gz": gzip.compress(CONTENT, mtime=0),
        "site.0123456789ab.css.br": brotli.compress(CONTENT),
        "dot.ba9876543210.png": b"not to be compressed",
    }.items():
        (tmp_path / name).write_bytes(content)
    return Collection(tmp_path, {"site.css": "site.0123456789ab.css", "dot.png": "dot.ba9876543210.png"})


def test_a_healthy_collection_has_no_complaints(collection: Collection) -> None:
    assert list(damaged(collection, deployed=True)) == []


def test_a_missing_file_of_the_manifest_is_reported(collection: Collection) -> None:
    gone = collection.root / "dot.ba9876543210.png"
    gone.unlink()
    (complaint,) = damaged(collection, deployed=True)
    assert (complaint.number, complaint.level, complaint.subject) == (85, Level.ERROR, "'dot.png'")
    assert complaint.file == gone


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".gz", b"not gzip at all"),
        (".gz", gzip.compress(b"another file", mtime=0)),
        (".gz", gzip.compress(CONTENT, mtime=0)[:-9]),
        (".gz", gzip.compress(CONTENT, mtime=0)[:12] + b"\xff" * 40),
        (".br", b"not brotli at all"),
        (".br", brotli.compress(b"another file")),
    ],
)
def test_a_variant_that_does_not_decode_to_its_file_is_reported(
    collection: Collection, suffix: str, content: bytes
) -> None:
    variant = collection.root / f"site.0123456789ab.css{suffix}"
    variant.write_bytes(content)
    (complaint,) = damaged(collection, deployed=True)
    assert (complaint.number, complaint.file) == (85, variant)


def test_sizes_are_numbers_of_sent_bytes(collection: Collection) -> None:
    image = len(b"not to be compressed")
    assert collection.sizes == {
        "raw": len(CONTENT) + image,
        "gzip": len(gzip.compress(CONTENT, mtime=0)) + image,
        "br": len(brotli.compress(CONTENT)) + image,
    }


def test_a_collection_equal_to_the_sources_is_not_stale(collection: Collection) -> None:
    assert list(stale(collection, collection)) == []


@pytest.mark.parametrize(
    ("names", "expected_text"),
    [
        ({"site.css": "site.ffffffffffff.css", "dot.png": "dot.ba9876543210.png"}, "'site.css' differs"),
        ({"site.css": "site.0123456789ab.css", "new.js": "new.ffffffffffff.js"}, "'new.js' differs"),
        ({"site.css": "site.ffffffffffff.css", "dot.png": "dot.ffffffffffff.png"}, "'dot.png' and 1 more differ"),
    ],
)
def test_a_collection_different_from_the_sources_is_stale(
    collection: Collection, names: dict[str, str], expected_text: str
) -> None:
    (finding,) = stale(collection, Collection(Path("fresh"), names))
    assert finding.id == "staticproof.E084"
    assert expected_text in finding.message


def test_additional_collected_files_do_not_make_a_collection_stale(collection: Collection) -> None:
    """`collectstatic` on a developer's machine also collects the files of the debug toolbar."""
    assert list(stale(collection, Collection(Path("fresh"), {"dot.png": "dot.ba9876543210.png"}))) == []


def test_without_a_manifest_nothing_is_collected(tmp_path: Path, collection: Collection) -> None:
    empty = tmp_path / "empty"
    (finding,) = stale(collected(empty), collection)
    assert finding.id == "staticproof.E084"
    assert "not collected" in finding.message


def test_collecting_uses_the_storage_of_the_site(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_bytes(CONTENT)
    with override_settings(STATICFILES_DIRS=[source], INSTALLED_APPS=["django.contrib.staticfiles"]):
        fresh = collect(tmp_path / "root")
        hashed = fresh.names["site.css"]
        assert (fresh.root / hashed).read_bytes() == CONTENT
        assert fresh.source(hashed) == source / "site.css"
        assert fresh.source("unknown.css") is None
        assert collected(fresh.root).names == fresh.names


def test_after_a_broken_reference_the_proof_collects_with_its_own_storage(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_text("body { background: url(nowhere.png) }")
    with (
        override_settings(STATICFILES_DIRS=[source], INSTALLED_APPS=["django.contrib.staticfiles"]),
    ):
        collection = collect(tmp_path / "root")
    assert "nowhere.png" in collection.failure
    assert "0x" not in collection.failure
    assert collection.storage == MANIFEST
    assert b"nowhere.png" in (collection.root / collection.names["site.css"]).read_bytes()


@pytest.mark.parametrize(
    ("content", "storage"),
    [(b"p {}", MANIFEST), (b"\xff\xfe not UTF-8", PLAIN)],
    ids=["hashed", "plain, since no storage can read the stylesheet"],
)
def test_a_remote_storage_is_replaced_by_one_with_the_same_contract(
    tmp_path: Path, content: bytes, storage: dict[str, str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_bytes(content)
    storages = {"staticfiles": {"BACKEND": "tests.settings.ManifestStorageElsewhere"}}
    with override_settings(STATICFILES_DIRS=[source], STORAGES=storages, INSTALLED_APPS=["django.contrib.staticfiles"]):
        collection = collect(tmp_path / "root")
    assert collection.storage == storage
    assert (collection.root / collection.names["site.css"]).read_bytes() == content
    assert collection.plain == (storage == PLAIN)


def test_a_plain_storage_keeps_plain_names(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "site.css").write_bytes(CONTENT)
    storages = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STATICFILES_DIRS=[source], STORAGES=storages, INSTALLED_APPS=["django.contrib.staticfiles"]):
        collection = collect(tmp_path / "root")
        assert (collection.names, collection.plain, collection.storage) == ({"site.css": "site.css"}, True, None)
        assert list(stale(collected(collection.root), collection)) == []
        copy = shutil.copytree(collection.root, tmp_path / "copy")
        (copy / "site.css").write_bytes(b"older")
        (finding,) = stale(collected(copy), collection)
        assert "'site.css' differs" in finding.message


@pytest.mark.skipif(django.VERSION < (5, 1), reason="override_settings loses the OPTIONS before Django 5.1")
def test_a_storage_with_a_fixed_folder_is_not_written_to(tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "place"
    source.mkdir()
    (source / "site.css").write_bytes(CONTENT)
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage", "OPTIONS": {"location": str(place)}}
    with override_settings(
        STATICFILES_DIRS=[source],
        STORAGES={"staticfiles": storage},
        INSTALLED_APPS=["django.contrib.staticfiles"],
    ):
        collection = collect(tmp_path / "root")
    assert collection.storage == PLAIN
    assert not place.exists()


def test_the_same_fault_of_many_files_is_reported_once() -> None:
    complaints = [Complaint(86, Level.ERROR, f"/static/{name}", "is wrong.") for name in "abc"]
    (finding,) = grouped(complaints)
    assert finding.message == "/static/a (and 2 more) is wrong."


def test_faults_at_different_lines_are_separate_findings(tmp_path: Path) -> None:
    complaints = [Complaint(86, Level.ERROR, "/", "is wrong.", "", tmp_path, line) for line in (3, 4)]
    assert [finding.line for finding in grouped(complaints)] == [3, 4]
