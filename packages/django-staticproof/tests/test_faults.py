"""Faults that only collecting and serving can find, in real projects: S4 to S7, and faults of rendered pages."""

from typing import Any

import pytest

from .conftest import Project
from .prover import Prover


def add_page(project: Project, view: str) -> None:
    """Add a page at /page/; ``view`` is the Python expression of its view."""
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.http import HttpResponse\nfrom django.shortcuts import redirect\n"
        f"{'from django.contrib.contenttypes.models import ContentType' if 'ContentType' in view else ''}\n"
        f'urlpatterns = [\n    path("page/", {view}),',
    )


def add_middleware(project: Project, answer: str) -> None:
    """Add a middleware behind all others; ``answer`` is the Python expression of its response."""
    project.write(
        "mysite/middleware.py",
        f"from django.http import HttpResponse\n\n\ndef added(get_response):\n    return lambda request: {answer}\n",
    )
    project.replace(
        "mysite/settings.py", '.WhiteNoiseMiddleware",', '.WhiteNoiseMiddleware",\n    "mysite.middleware.added",'
    )


def found(report: Any) -> list[tuple[str, str | None, int | None]]:
    """Return the id and the place of each finding."""
    return [(finding["id"], finding["file"], finding["line"]) for finding in report["findings"]]


def settings(project: Project, lines: str) -> None:
    """Add lines to the settings of the project."""
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\n{lines}\n")


# --- S4, S5: the collected files --------------------------------------------------------------------------------------

MANIFEST = "staticfiles/staticfiles.json"


def test_nothing_is_collected_yet(prover: Prover, project: Project) -> None:
    assert found(prover.prove(project.root, collected=True)) == [("staticproof.E084", None, None)]


def test_a_fresh_collection_has_no_fault(prover: Prover, project: Project) -> None:
    prover.collect(project.root)
    report = prover.prove(project.root, collected=True)
    assert (found(report), report["stage"]) == ([], "served")


def test_the_files_were_collected_before_the_last_change(prover: Prover, project: Project) -> None:
    prover.collect(project.root)
    project.write("static/js/site.js", "document.title = 'changed';\n")
    assert found(prover.prove(project.root, collected=True)) == [("staticproof.E084", MANIFEST, None)]
    assert found(prover.prove(project.root)) == []  # during development, an old collection is harmless


@pytest.mark.parametrize(("suffix", "content"), [(".br", b"damaged"), (".gz", b"damaged"), ("", None)])
def test_a_collected_file_is_damaged_or_missing(
    prover: Prover, project: Project, suffix: str, content: bytes | None
) -> None:
    prover.collect(project.root)
    (stylesheet,) = (project.root / "staticfiles/css").glob("site.*.css")
    file = stylesheet.with_name(stylesheet.name + suffix)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    place = str(file.relative_to(project.root))
    assert found(prover.prove(project.root, collected=True)) == [("staticproof.E085", place, None)]
    assert found(prover.prove(project.root)) == []


def test_a_storage_that_writes_wrong_variants_is_found_before_a_deploy(prover: Prover, project: Project) -> None:
    project.write(
        "mysite/storage.py",
        "from whitenoise.storage import CompressedManifestStaticFilesStorage\n\n\n"
        "class Storage(CompressedManifestStaticFilesStorage):\n"
        "    def compress_files(self, paths):\n"
        "        for name, compressed in super().compress_files(paths):\n"
        "            if compressed.endswith('.gz'):\n"
        "                open(self.path(compressed), 'wb').close()\n"
        "            yield name, compressed\n",
    )
    project.replace(
        "mysite/settings.py", "whitenoise.storage.CompressedManifestStaticFilesStorage", "mysite.storage.Storage"
    )
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["id"] == "staticproof.E085"
    assert "has a gzip variant that does not decode to the file" in finding["message"]


# --- S6: the served files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "id", "file"),
    [
        ('WHITENOISE_MIMETYPES = {".css": "text/plain"}', "E086", "static/css/site.css"),
        ('WHITENOISE_IMMUTABLE_FILE_TEST = "never"', "E086", None),
        ('WHITENOISE_STATIC_PREFIX = "/elsewhere/"', "E086", None),
        ("SECURE_CONTENT_TYPE_NOSNIFF = False", "W086", None),
    ],
)
def test_static_files_are_served_wrongly(
    prover: Prover, project: Project, line: str, id: str, file: str | None
) -> None:
    settings(project, line)
    assert found(prover.prove(project.root)) == [(f"staticproof.{id}", file, None)]


def test_a_variable_path_is_checked_when_the_page_is_fetched(prover: Prover, project: Project) -> None:
    """Reading cannot prove a variable. Its value is known when the page is fetched."""
    project.replace(
        "templates/base.html", "{% static 'js/site.js' %}", "{% with n='js/sit.js' %}{% static n %}{% endwith %}"
    )
    report = prover.prove(project.root)
    assert found(report) == [
        ("staticproof.E086", "templates/base.html", 8),
        ("staticproof.W009", "templates/base.html", 8),
    ]
    assert report["findings"][0]["message"] == "The page / fails: 'js/sit.js' is in no static folder."
    assert report["findings"][0]["hint"] == "Did you mean {% static 'js/site.js' %}?"


def test_a_page_refers_to_missing_files(prover: Prover, project: Project) -> None:
    project.replace("templates/base.html", "</head>", '  <link rel="icon" href="/favicon.ico">\n</head>')
    (finding,) = prover.prove(project.root)["findings"]
    assert (finding["id"], finding["file"], finding["line"]) == ("staticproof.E086", "templates/base.html", 9)
    assert finding["message"] == "The page / refers to /favicon.ico, which answers 404."


def test_a_page_refers_to_a_static_file_by_its_plain_name(prover: Prover, project: Project) -> None:
    add_page(project, """lambda request: HttpResponse('<img src="/' + 'static/imgs/paper.svg">')""")
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["id"] == "staticproof.E086"
    assert finding["message"].startswith("'imgs/paper.svg' is referred to by its plain name")


PAGES = {
    "a page behind a login": ("lambda request: redirect('/accounts/login/?next=/page/')", "pages_need_login"),
    "a page for others": ("lambda request: HttpResponse(status=403)", "pages_need_login"),
    "a page that wants a query": ("lambda request: HttpResponse(status=400)", "pages_other"),
    "a page elsewhere": ("lambda request: redirect('https://www.example.com/')", "pages_other"),
    "a page that leads home": ("lambda request: redirect('/')", "pages"),
    "a page that needs tables": ("lambda request: HttpResponse(str(ContentType.objects.count()))", "pages"),
}


@pytest.mark.parametrize(("view", "counted"), PAGES.values(), ids=PAGES)
def test_a_page_without_content_is_not_a_fault(prover: Prover, project: Project, view: str, counted: str) -> None:
    project.replace("mysite/settings.py", '["blog", ', '["django.contrib.contenttypes", "blog", ')
    add_page(project, view)
    report = prover.prove(project.root)
    assert report["findings"] == []
    assert report["summary"][counted] == (2 if counted == "pages" else 1)


def test_a_page_that_raises_is_reported_with_its_line(prover: Prover, project: Project) -> None:
    project.write("blog/views.py", "def broken(request):\n    return 1 / 0\n")
    add_page(project, "__import__('blog.views').views.broken")
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.W086", "blog/views.py", 2)]
    assert report["findings"][0]["message"] == (
        "The page /page/ cannot be proven, because it fails: ZeroDivisionError: division by zero"
    )


def test_a_page_that_is_unavailable_on_purpose_is_a_note(prover: Prover, project: Project) -> None:
    add_page(project, "lambda request: HttpResponse(status=503)")
    assert found(prover.prove(project.root)) == [("staticproof.I086", None, None)]


def test_a_page_refers_to_a_static_file_that_does_not_exist(prover: Prover, project: Project) -> None:
    add_page(
        project, """lambda request: HttpResponse('<img src="/' + 'static/imgs/none.svg"><img src="/media/a.png">')"""
    )
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["message"] == "The page /page/ refers to /static/imgs/none.svg, which answers 404."


def test_migrations_that_fail_are_a_warning(prover: Prover, project: Project) -> None:
    add_page(project, "lambda request: HttpResponse(status=503)")  # a failing page makes the proof create the tables
    project.write("blog/migrations/__init__.py", "")
    project.write(
        "blog/migrations/0001_initial.py",
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL('NO SUCH STATEMENT')]\n",
    )
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.I086", None, None), ("staticproof.W086", None, None)]
    assert report["findings"][1]["message"].startswith("The test database 'default' cannot be made: ")


def test_static_files_on_another_host_are_followed_by_their_path(prover: Prover, project: Project) -> None:
    project.replace("mysite/settings.py", '"/static/"', '"https://cdn.example.com/static/"')
    report = prover.prove(project.root)
    assert (found(report), report["summary"]["static_files_followed"]) == ([], 4)


# --- S7: the error pages ----------------------------------------------------------------------------------------------


def test_the_error_page_500_must_not_need_the_manifest(prover: Prover, project: Project) -> None:
    project.write("templates/404.html", '{% extends "base.html" %}\n')
    project.write("templates/500.html", '{% extends "base.html" %}\n')
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.E087", "templates/base.html", 7)]
    assert report["findings"][0]["message"].startswith("The error page 500 fails when the manifest")


def test_a_site_that_takes_every_path_has_no_page_404(prover: Prover, project: Project) -> None:
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.http import HttpResponse\nfrom django.urls import re_path\n\n"
        "urlpatterns = [\n    re_path('^(?!static/).+$', lambda request: HttpResponse()),",
    )
    assert found(prover.prove(project.root)) == []


def test_error_pages_out_of_reach_are_reported_as_unproven(prover: Prover, project: Project) -> None:
    add_middleware(project, "setattr(request, 'urlconf', 'mysite.urls') or get_response(request)")
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.W087", None, None)]
    assert report["findings"][0]["message"].startswith("The error page 400 (and 3 more) cannot be proven")


def test_an_error_page_is_broken(prover: Prover, project: Project) -> None:
    project.write("mysite/handlers.py", "def not_found(request, exception):\n    raise LookupError('no page')\n")
    project.replace("mysite/urls.py", "urlpatterns", 'handler404 = "mysite.handlers.not_found"\nurlpatterns')
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.E087", "mysite/handlers.py", 2)]
    assert report["findings"][0]["message"] == "The error page 404 fails: LookupError: no page"


# --- Silenced findings ------------------------------------------------------------------------------------------------


def test_a_finding_silenced_with_a_reason_is_not_reported(prover: Prover, project: Project) -> None:
    icon = '  <link rel="icon" href="/favicon.ico">{# staticproof: ignore E086 -- the proxy has it #}\n</head>'
    project.replace("templates/base.html", "</head>", icon)
    assert [finding for finding in prover.prove(project.root)["findings"] if finding["level"] != "info"] == []
