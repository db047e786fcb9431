"""The wheels in the template hold the sources of the packages."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from conftest import TEMPLATE

COMMAND = "python3 -m uv run packages/build_wheels.py"


def files_of(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel without the line that names the building tool, and without that file's checksum."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name in files:
        if name.endswith("dist-info/WHEEL"):
            files[name] = without_line(files[name], b"Generator:")
        elif name.endswith("dist-info/RECORD"):
            files[name] = without_line(files[name], name.replace("RECORD", "WHEEL").encode())
    return files


def without_line(text: bytes, start: bytes) -> bytes:
    return b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def test_the_template_has_one_wheel_of_each_package(template: Path) -> None:
    fresh = sorted(wheel.name for wheel in (template / TEMPLATE.name / "vendor").glob("*.whl"))
    assert len(fresh) == 2
    assert sorted(wheel.name for wheel in (TEMPLATE / "vendor").glob("*.whl")) == fresh, f"Run: {COMMAND}"


@pytest.mark.parametrize("package", ["django_staticproof", "whitenoise_edge"])
def test_the_wheel_equals_the_sources(template: Path, package: str) -> None:
    (fresh,) = (template / TEMPLATE.name / "vendor").glob(f"{package}-*.whl")
    vendored, built = files_of(TEMPLATE / "vendor" / fresh.name), files_of(fresh)
    assert vendored.keys() == built.keys(), f"Run: {COMMAND}"
    assert [name for name in built if vendored[name] != built[name]] == [], f"Run: {COMMAND}"


def test_the_site_depends_on_the_wheels_by_their_names(template: Path) -> None:
    pyproject = (template / TEMPLATE.name / "pyproject.toml").read_text(encoding="utf-8")
    for wheel in (template / TEMPLATE.name / "vendor").glob("*.whl"):
        assert f'"vendor/{wheel.name}"' in pyproject
