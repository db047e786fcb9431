"""Set Django up with the settings of the tiny site, and keep the cache of each test in its own folder."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.test import override_settings

from .collector import FILES, Collected, Collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.site.settings")
django.setup()

# Digits compress to somewhat less than half, which is still more than the edge keeps in memory.
LARGE = "".join(random.Random(1).choices("0123456789", k=300_000))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of the test, which does not exist yet."""
    monkeypatch.setenv("WHITENOISE_EDGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collected files, to be copied."""
    collector = Collector(tmp_path_factory.mktemp("collected"))
    for name, text in FILES.items():
        collector.write(name, text)
    collector.write("large.txt", LARGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHITENOISE_EDGE_CACHE", str(collector.folder / "cache"))
        collector.collect()
    return collector.ours


@pytest.fixture
def collected(template: Path, tmp_path: Path) -> Iterator[Collected]:
    """Collected files of the test's own, in STATIC_ROOT."""
    root = tmp_path / "static"
    shutil.copytree(template, root)
    with override_settings(STATIC_ROOT=str(root)):
        yield Collected(root)
