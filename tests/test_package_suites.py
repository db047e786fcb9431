"""The suite of each package, in a process and an environment of its own: Django can be configured once per process."""

from __future__ import annotations

import os
import subprocess

import pytest
from conftest import ROOT, UNSET_VARIABLES, UV


@pytest.mark.parametrize("package", ["django-staticproof", "whitenoise-edge"])
def test_the_suite_of_the_package_passes(package: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [UV, "run", "--isolated", "--frozen", "--directory", ROOT / "packages" / package, "pytest", "-q"],
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
