"""Silence on random healthy variations of the generated site, and a finding for one fault in any of them."""

from __future__ import annotations

import importlib.util
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import TEMPLATE, Site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staticproof.planting import Workshop
from staticproof.site_process import SiteProcess

EXAMPLES = 200


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Three templates that inherit from each other: paths with spaces, Unicode and dots, includes, blocks, partials,
# branches and loops, `as`, verbatim, comments, text like Jinja's; and twelve faults.
variations = _load(TEMPLATE / "staticproof" / "tests" / "variations.py")
property_based = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
chances = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def read(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function that adds a variation to the site, reads it, takes the variation out and returns the findings."""
    workshop = Workshop(site, tmp_path_factory.mktemp("variations"))
    with SiteProcess(workshop.root, lasting=True) as process:

        def with_variation(variation: Any) -> list[tuple[str, str, int]]:
            try:
                for folder, files in (("static", variation.static), ("templates", variation.templates)):
                    for name, text in files.items():
                        path = workshop.root / folder / name
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_text(text, encoding="utf-8")
                return [(found["id"], found["file"], found["line"]) for found in process.read()["findings"]]
            finally:
                for folder in ("static", "templates"):
                    shutil.rmtree(workshop.root / folder / "v0", ignore_errors=True)

        yield with_variation


@property_based
@given(chance=chances)
def test_a_healthy_variation_is_silent(read: Any, chance: random.Random) -> None:
    assert read(variations.make(0, faulty=False, chance=chance)) == []


@property_based
@given(chance=chances)
def test_a_fault_in_a_variation_is_found_alone(read: Any, chance: random.Random) -> None:
    variation = variations.make(0, faulty=True, chance=chance)
    rule, template, line = variation.fault
    assert read(variation) == [(f"staticproof.{rule}", f"templates/{template}", line)]
