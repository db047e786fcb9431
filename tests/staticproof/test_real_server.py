"""The proof through the server that production runs, gunicorn with the site's own configuration."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import PRODUCTION, Site

from staticproof.planting import Workshop


def files(site: Site) -> dict[Path, float]:
    """Every file of the site but its environment, and when it was last changed."""
    found = (path for folder in site.path.iterdir() if folder.name != ".venv" for path in (folder, *folder.rglob("*")))
    return {path: path.stat().st_mtime for path in found if path.is_file()}


def test_the_site_is_proven_under_gunicorn_and_left_as_it_was(workshop: Workshop) -> None:
    site = workshop.site
    before = files(site)
    done = site.manage("provestatic", "--server", "--format", "json", cwd=site.path, **PRODUCTION)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["stage"], report["findings"]) == ("served", [])
    assert report["summary"]["pages"] > 5
    assert files(site) == before  # no database, no collected files, no cache
