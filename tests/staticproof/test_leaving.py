"""Leaving is as easy as deleting the folder and its two lines in the settings."""

from __future__ import annotations

import shutil

from conftest import Site


def test_a_site_without_staticproof_works(copy: Site) -> None:
    settings = copy.path / "config" / "settings.py"
    text = settings.read_text(encoding="utf-8")
    assert text.count("staticproof") == 2
    ours, theirs = "staticproof.storage.Incremental", "whitenoise.storage.CompressedManifest"
    settings.write_text(text.replace('    "staticproof",\n', "").replace(ours, theirs), encoding="utf-8")
    shutil.rmtree(copy.path / "staticproof")

    checked = copy.manage("check", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    (copy.path / "tests" / "test_proof.py").unlink()
    tested = copy.tool("pytest", "-q", "--no-cov", "tests/test_pages.py", "tests/test_static.py")
    assert tested.returncode == 0, tested.stdout
