"""The URL of a static file is computed once, and again after something was collected."""

from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from django.core.files.base import ContentFile
from django.test import override_settings

from whitenoise_edge.storage import CompressedManifestStaticFilesStorage

NAMES = ("css/site.css", "css/site.css#a", "css/site.css?#iefix", "css/site.css?v=1", "css/", "css/a%20b.css")


@pytest.fixture
def storage(tmp_path: Path) -> CompressedManifestStaticFilesStorage:
    source = StaticFilesStorage(location=tmp_path / "source")
    for name in ("css/site.css", "css/a b.css"):
        source.save(name, ContentFile(b"a { color: red }"))
    storage = CompressedManifestStaticFilesStorage(location=tmp_path / "root", base_url="/static/")
    collect(storage, source)
    return storage


def collect(storage: CompressedManifestStaticFilesStorage, source: StaticFilesStorage) -> None:
    for name in ("css/site.css", "css/a b.css"):
        storage.delete(name)
        with source.open(name) as content:
            storage.save(name, content)
    list(storage.post_process({name: (source, name) for name in ("css/site.css", "css/a b.css")}))


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_url_is_that_of_django(storage: CompressedManifestStaticFilesStorage, name: str, debug: bool) -> None:
    theirs = ManifestStaticFilesStorage(location=storage.location, base_url="/static/")
    with override_settings(DEBUG=debug):
        for _ in range(2):
            assert storage.url(name) == theirs.url(name)
            assert storage.url(name, force=True) == theirs.url(name, force=True)


def test_the_url_changes_when_the_file_is_collected_with_new_content(
    storage: CompressedManifestStaticFilesStorage, tmp_path: Path
) -> None:
    before = storage.url("css/site.css")
    source = StaticFilesStorage(location=tmp_path / "changed")
    for name in ("css/site.css", "css/a b.css"):
        source.save(name, ContentFile(b"a { color: blue }"))
    collect(storage, source)
    after = storage.url("css/site.css")
    assert after != before
    assert Path(storage.location, after.removeprefix("/static/")).exists()


def test_a_missing_name_is_not_remembered(storage: CompressedManifestStaticFilesStorage) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
            storage.url("css/gone.css")
