#!/usr/bin/env python3
"""Build the wheels of both packages into the template's `vendor/` folder and remove older ones.

    python3 -m uv run packages/build_wheels.py

The same sources and the same uv give the same wheels, byte for byte. The build needs no network.
"""

# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent
VENDOR = PACKAGES.parent / "{{cookiecutter.project_slug}}" / "vendor"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
        VENDOR.mkdir(exist_ok=True)
        for old in VENDOR.glob("*.whl"):
            old.unlink()
        for wheel in built:
            shutil.copy(wheel, VENDOR / wheel.name)
            print(f"vendor/{wheel.name}")


def build(folder: Path) -> list[Path]:
    """Build one wheel for each package into the folder and return the wheels."""
    for pyproject in sorted(PACKAGES.glob("*/pyproject.toml")):
        command = [*uv(), "build", "--wheel", "--quiet", "--no-create-gitignore", "--out-dir", str(folder)]
        done = subprocess.run([*command, str(pyproject.parent)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{pyproject.parent.name} cannot be built:\n{done.stderr}")
    return sorted(folder.glob("*.whl"))


def uv() -> list[str]:
    """Return the command that starts uv: the running one, the one on PATH, or the one that pip installed."""
    found = os.environ.get("UV") or shutil.which("uv")
    return [found] if found else [sys.executable, "-m", "uv"]


if __name__ == "__main__":
    main()
