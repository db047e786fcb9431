"""What only collecting and serving can show, in real projects: S4 to S7, and what a page does when it runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Project
from .prover import Prover


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    with Prover() as prover:
        yield prover


def add_page(project: Project, view: str) -> None:
    """Add a page at /page/; ``view`` is the Python expression of its view."""
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.http import HttpResponse\nfrom django.shortcuts import redirect\n"
        f"{'from django.contrib.contenttypes.models import ContentType' if 'ContentType' in view else ''}\n"
        f'urlpatterns = [\n    path("page/", {view}),',
    )


def found(report: Any) -> list[tuple[str, str | None, int | None]]:
    """The findings by id and place."""
    return [(finding["id"], finding["file"], finding["line"]) for finding in report["findings"]]


def settings(project: Project, lines: str) -> None:
    """Add lines to the settings of the project."""
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\n{lines}\n")


# --- S4 and S5: what was collected ------------------------------------------------------------------------------------

MANIFEST = "staticfiles/staticfiles.json"


def test_nothing_is_collected_yet(prover: Prover, project: Project) -> None:
    assert found(prover.prove(project.root, collected=True)) == [("staticproof.E084", None, None)]


def test_what_is_collected_is_as_it_must_be(prover: Prover, project: Project) -> None:
    prover.collect(project.root)
    report = prover.prove(project.root, collected=True)
    assert (found(report), report["stage"]) == ([], "served")


def test_the_files_were_collected_before_the_last_change(prover: Prover, project: Project) -> None:
    prover.collect(project.root)
    project.write("static/js/site.js", "document.title = 'changed';\n")
    assert found(prover.prove(project.root, collected=True)) == [("staticproof.E084", MANIFEST, None)]
    # While one develops, an old collection does no harm.
    assert found(prover.prove(project.root)) == [("staticproof.W084", MANIFEST, None)]


@pytest.mark.parametrize(("suffix", "content"), [(".br", b"damaged"), (".gz", b"damaged"), ("", None)])
def test_a_collected_file_is_damaged_or_gone(
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


# --- S6: what is served -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ('WHITENOISE_MIMETYPES = {".css": "text/plain"}', "static/css/site.css"),
        ('WHITENOISE_IMMUTABLE_FILE_TEST = "never"', None),
        ('WHITENOISE_STATIC_PREFIX = "/elsewhere/"', None),
        ("SECURE_CONTENT_TYPE_NOSNIFF = False", None),
    ],
)
def test_static_files_are_served_wrongly(prover: Prover, project: Project, line: str, file: str | None) -> None:
    settings(project, line)
    assert found(prover.prove(project.root)) == [("staticproof.E086", file, None)]


def test_a_page_fails_for_what_only_running_it_can_tell(prover: Prover, project: Project) -> None:
    """The variable is unproven while it is read; when the page is fetched, its value is known."""
    project.replace(
        "templates/base.html", "{% static 'js/site.js' %}", "{% with n='js/sit.js' %}{% static n %}{% endwith %}"
    )
    report = prover.prove(project.root)
    assert found(report) == [
        ("staticproof.W009", "templates/base.html", 8),
        ("staticproof.E086", "templates/base.html", 8),
    ]
    assert report["findings"][1]["message"] == "The page / fails: 'js/sit.js' is in no static folder."
    assert report["findings"][1]["hint"] == "Did you mean {% static 'js/site.js' %}?"


def test_a_page_refers_to_what_is_not_there(prover: Prover, project: Project) -> None:
    project.replace("templates/base.html", "</head>", '  <link rel="icon" href="/favicon.ico">\n</head>')
    (finding,) = prover.prove(project.root)["findings"]
    assert (finding["id"], finding["file"], finding["line"]) == ("staticproof.E086", "templates/base.html", 9)
    assert finding["message"] == "The page / refers to /favicon.ico, which answers 404."


def test_a_page_refers_to_a_static_file_by_its_plain_name(prover: Prover, project: Project) -> None:
    add_page(project, """lambda request: HttpResponse('<img src="/' + 'static/imgs/paper.svg">')""")
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["id"] == "staticproof.E086"
    assert finding["message"].startswith("The page /page/ refers to /static/imgs/paper.svg by its plain name")


PAGES = {
    "a page behind a login": ("lambda request: redirect('/accounts/login/?next=/page/')", "pages_need_login"),
    "a page for others": ("lambda request: HttpResponse(status=403)", "pages_need_login"),
    "a page that wants a query": ("lambda request: HttpResponse(status=400)", "pages_other"),
    "a page elsewhere": ("lambda request: redirect('https://www.example.com/')", "pages_other"),
    "a page that leads home": ("lambda request: redirect('/')", "pages"),
    "a page that needs tables": ("lambda request: HttpResponse(str(ContentType.objects.count()))", "pages"),
}


@pytest.mark.parametrize(("view", "counted"), PAGES.values(), ids=PAGES)
def test_a_page_that_shows_nothing_is_no_fault(prover: Prover, project: Project, view: str, counted: str) -> None:
    project.replace("mysite/settings.py", '["blog", ', '["django.contrib.contenttypes", "blog", ')
    add_page(project, view)
    report = prover.prove(project.root)
    assert report["findings"] == []
    assert report["summary"][counted] == (2 if counted == "pages" else 1)


def test_a_page_that_raises_is_named_with_its_line(prover: Prover, project: Project) -> None:
    project.write("blog/views.py", "def broken(request):\n    return 1 / 0\n")
    add_page(project, "__import__('blog.views').views.broken")
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.E086", "blog/views.py", 2)]
    assert report["findings"][0]["message"] == "The page /page/ fails: ZeroDivisionError: division by zero"


def test_a_page_that_is_unavailable_on_purpose_is_a_note(prover: Prover, project: Project) -> None:
    add_page(project, "lambda request: HttpResponse(status=503)")
    assert found(prover.prove(project.root)) == [("staticproof.I086", None, None)]


def test_migrations_that_fail_are_a_warning(prover: Prover, project: Project) -> None:
    project.write("blog/migrations/__init__.py", "")
    project.write(
        "blog/migrations/0001_initial.py",
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL('NO SUCH STATEMENT')]\n",
    )
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.W086", None, None)]
    assert report["findings"][0]["message"].startswith("The migrations of the database 'default' fail: ")


def test_static_files_on_another_host_are_followed_by_their_path(prover: Prover, project: Project) -> None:
    project.replace("mysite/settings.py", '"/static/"', '"https://cdn.example.com/static/"')
    report = prover.prove(project.root)
    assert (found(report), report["summary"]["static_files_followed"]) == ([], 4)


# --- S7: the error pages ----------------------------------------------------------------------------------------------


def test_error_pages_may_not_need_the_manifest(prover: Prover, project: Project) -> None:
    project.write("templates/404.html", '{% extends "base.html" %}\n')
    project.write("templates/500.html", '{% extends "base.html" %}\n')
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.E087", "templates/base.html", 7)]
    assert report["findings"][0]["message"].startswith("The error page 404 (and 1 more) fails when the manifest")


def test_an_error_page_is_broken(prover: Prover, project: Project) -> None:
    project.write("mysite/handlers.py", "def not_found(request, exception):\n    raise LookupError('no page')\n")
    project.replace("mysite/urls.py", "urlpatterns", 'handler404 = "mysite.handlers.not_found"\nurlpatterns')
    report = prover.prove(project.root)
    assert found(report) == [("staticproof.E087", "mysite/handlers.py", 2)]
    assert report["findings"][0]["message"] == "The error page 404 fails: LookupError: no page"


# --- What keeps the site from starting, and what is known -------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("mysite/settings.py", "if not DEBUG:\n    raise RuntimeError('no key')", "RuntimeError: no key"),
        ("mysite/wsgi.py", "raise SystemExit('SECRET_KEY\\n  is missing')", "SECRET_KEY is missing"),
        ("mysite/wsgi.py", "import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_site_that_does_not_start_is_one_clear_line(
    prover: Prover, project: Project, path: str, text: str, said: str
) -> None:
    project.write(path, (project.root / path).read_text(encoding="utf-8") + text + "\n")
    report = prover.prove(project.root)
    assert report["error"].endswith(f" does not start as production: {said}")
    assert report["details"].startswith("Traceback (most recent call last)")


def test_static_at_import_time_is_found_although_the_site_does_not_start(prover: Prover, project: Project) -> None:
    project.write("blog/models.py", 'from django.templatetags.static import static\n\nURL = static("css/site.css")\n')
    assert found(prover.prove(project.root)) == [("staticproof.E032", "blog/models.py", 3)]


def test_what_is_silenced_with_a_reason_is_not_reported(prover: Prover, project: Project) -> None:
    settings(project, 'STATICPROOF_IGNORE = {"staticproof.E086:templates/base.html:9": "the proxy has it"}')
    project.replace("templates/base.html", "</head>", '  <link rel="icon" href="/favicon.ico">\n</head>')
    assert [finding for finding in prover.prove(project.root)["findings"] if finding["level"] != "info"] == []
