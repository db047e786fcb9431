"""An error that stops a site from starting as in production is reported in one clear line."""

import pytest

from .conftest import Project
from .prover import Prover


@pytest.mark.parametrize(
    ("path", "text", "expected_text"),
    [
        ("mysite/settings.py", "raise RuntimeError('no key')", "RuntimeError: no key"),
        ("mysite/wsgi.py", "raise SystemExit('SECRET_KEY\\n  is missing')", "SECRET_KEY is missing"),
        ("mysite/wsgi.py", "import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_site_that_does_not_start_is_one_clear_line(
    prover: Prover, project: Project, path: str, text: str, expected_text: str
) -> None:
    project.write(path, (project.root / path).read_text(encoding="utf-8") + text + "\n")
    report = prover.prove(project.root)
    if "settings" in path:
        assert report["error"].endswith(f" does not start as production: {expected_text}")
        assert report["details"].startswith("Traceback (most recent call last)")
    else:
        (finding,) = report["findings"]
        assert finding["message"].endswith(f" does not start as production: {expected_text}")
        assert (finding["id"], finding["file"], report["stage"]) == ("staticproof.E086", path, "collected")


def test_static_at_import_time_is_found_although_the_site_does_not_start(prover: Prover, project: Project) -> None:
    project.write("blog/models.py", 'from django.templatetags.static import static\n\nURL = static("css/site.css")\n')
    (finding,) = prover.prove(project.root)["findings"]
    assert (finding["id"], finding["file"], finding["line"]) == ("staticproof.E032", "blog/models.py", 3)
