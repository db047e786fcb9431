"""The hashed files are read from the manifest."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from whitenoise_edge.manifest import ManifestError, hashed_files

PATHS = {"css/a.css": "css/a.0123456789ab.css", "plain.txt": "plain.txt", "grün %41.css": "grün %41.0123456789ab.css"}


def settings(root: object, **more: Any) -> Any:
    return SimpleNamespace(**{"STATIC_ROOT": root, "FORCE_SCRIPT_NAME": None, "STATIC_URL": "/static/", **more})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "staticfiles.json").write_text(json.dumps({"paths": PATHS}), encoding="utf-8")
    return tmp_path


def test_only_names_with_a_hash_are_returned(root: Path) -> None:
    """PEP 3333: a path has its UTF-8 decoded as Latin-1."""
    assert hashed_files(settings(root)) == {
        "/static/css/a.0123456789ab.css": str(root / "css/a.0123456789ab.css"),
        "/static/gr\u00c3\u00bcn %41.0123456789ab.css": str(root / "grün %41.0123456789ab.css"),
    }


@pytest.mark.parametrize(
    ("changed", "prefixes"),
    [
        ({"STATIC_URL": "/"}, ["/"]),
        ({"STATIC_URL": "https://cdn.example.com/a/b/"}, ["/a/b/"]),
        ({"STATIC_URL": "https://cdn.example.com"}, ["/"]),
        ({"FORCE_SCRIPT_NAME": "/app/", "STATIC_URL": "/app/static/"}, ["/app/static/", "/static/"]),
        ({"WHITENOISE_STATIC_PREFIX": "files", "STATIC_URL": "/static/"}, ["/files/"]),
    ],
    ids=str,
)
def test_the_prefix_follows_the_settings(root: Path, changed: dict[str, str], prefixes: list[str]) -> None:
    ending = "css/a.0123456789ab.css"
    paths = hashed_files(settings(root, **changed))
    assert sorted(path.removesuffix(ending) for path in paths if path.endswith(ending)) == prefixes


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"paths": [1]}', '{"paths": null}'])
def test_a_manifest_that_cannot_be_read_is_an_error(root: Path, content: str | None) -> None:
    manifest = root / "staticfiles.json"
    manifest.unlink() if content is None else manifest.write_text(content)
    with pytest.raises(ManifestError, match=r"staticfiles\.json"):
        hashed_files(settings(root))


@pytest.mark.parametrize("root", [None, ""])
def test_no_static_root_is_an_error(root: object) -> None:
    with pytest.raises(ManifestError, match="STATIC_ROOT"):
        hashed_files(settings(root))
