"""The proof continues after errors of reading, with a remote storage, and without a server of static files."""

import subprocess
from typing import Any

import pytest

from .conftest import Project
from .prover import Prover

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
ELSEWHERE = """
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.files.storage import Storage


class {name}({bases}):
    def __init__(self, *args, **kwargs):
        raise ConnectionRefusedError("a proof must not create this storage")
"""


def found(report: Any) -> list[tuple[str, str | None, int | None]]:
    """Return the id and the place of each finding."""
    return [(finding["id"], finding["file"], finding["line"]) for finding in report["findings"]]


def without_whitenoise(project: Project, storage: str) -> None:
    """Let nginx, a CDN or a bucket serve the static files."""
    project.replace("mysite/settings.py", '    "whitenoise.middleware.WhiteNoiseMiddleware",\n', "")
    project.replace("mysite/settings.py", '"whitenoise.runserver_nostatic", ', "")
    project.replace("mysite/settings.py", "whitenoise.storage.CompressedManifestStaticFilesStorage", storage)


def test_an_error_of_reading_does_not_hide_findings_of_serving(prover: Prover, project: Project) -> None:
    project.replace("templates/base.html", "js/site.js", "js/sites.js")
    project.write("static/css/site.css", 'body { background: url("../imgs/none.svg"); }\n')
    project.replace("templates/base.html", "</head>", '  <link rel="icon" href="/favicon.ico">\n</head>')
    report = prover.prove(project.root)
    assert sorted(found(report), key=str) == [
        ("staticproof.E004", "templates/base.html", 8),
        ("staticproof.E041", "static/css/site.css", 1),
        ("staticproof.E086", "templates/base.html", 9),
    ]
    assert (report["stage"], report["summary"]["pages"]) == ("served", 1)


def test_two_unknown_names_of_one_page_are_both_found(prover: Prover, project: Project) -> None:
    project.replace(
        "templates/base.html",
        "{% block main %}",
        "{% with a='no.css' b='no.js' %}\n{% static a %}\n{% static b %}\n{% endwith %}{% block main %}",
    )
    report = prover.prove(project.root)
    errors = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert [(finding["id"], finding["line"]) for finding in errors] == [
        ("staticproof.E086", 11),
        ("staticproof.E086", 12),
    ]
    assert report["summary"]["static_files_followed"] == 4


def test_static_root_is_none(prover: Prover, project: Project) -> None:
    project.replace("mysite/settings.py", 'STATIC_ROOT = BASE_DIR / "staticfiles"', "STATIC_ROOT = None")
    report = prover.prove(project.root)
    assert [finding["id"] for finding in report["findings"]] == ["staticproof.E083"]
    assert (report["stage"], report["summary"]["static_files_followed"]) == ("served", 4)


@pytest.mark.parametrize(
    ("name", "bases", "followed"),
    [("Bucket", "Storage", 4), ("ManifestBucket", "ManifestFilesMixin, Storage", 4)],
)
def test_a_remote_storage_is_replaced(prover: Prover, project: Project, name: str, bases: str, followed: int) -> None:
    without_whitenoise(project, f"mysite.storage.{name}")
    project.write("mysite/storage.py", ELSEWHERE.format(name=name, bases=bases))
    report = prover.prove(project.root)
    assert [finding for finding in report["findings"] if finding["level"] == "error"] == []
    assert (report["stage"], report["summary"]["static_files_followed"]) == ("served", followed)
    assert f"The proof used a storage on the disk in place of mysite.storage.{name}." in report["remarks"]


def test_with_a_plain_storage_a_broken_reference_is_reported_at_its_place(prover: Prover, project: Project) -> None:
    without_whitenoise(project, PLAIN)
    images = "'<img src=\"/static' + '/imgs/none.svg\"><img src=\"/static' + '/imgs/paper.svg\">'"
    view = f"lambda request: HttpResponse({images})"
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        f'from django.http import HttpResponse\n\nurlpatterns = [\n    path("page/", {view}),',
    )
    report = prover.prove(project.root)
    errors = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert [finding["message"] for finding in errors] == [
        "The page /page/ refers to /static/imgs/none.svg, which answers 404."
    ]


def test_a_preview_of_the_manifest_storage(prover: Prover, project: Project) -> None:
    without_whitenoise(project, PLAIN)
    project.write("static/css/site.css", 'body { background: url("../imgs/none.svg"); }\n')
    levels = {
        as_if: {finding["level"] for finding in prover.prove(project.root, as_if=as_if)["findings"]}
        for as_if in ("", "manifest")
    }
    assert "error" in levels["manifest"]
    assert levels["manifest"] != levels[""]


def test_a_script_that_is_loaded_under_two_names(prover: Prover, project: Project) -> None:
    """A chunk imports the entry by its plain name and the page loads it by its hashed name, so it runs twice."""
    project.replace("mysite/settings.py", "WHITENOISE_KEEP_ONLY_HASHED_FILES = True", "")
    for number in range(4):
        chunk = f"static/app/chunk{number}-4f3a2b1c.js"
        project.write(chunk, 'import "./main-9c8d7e6f.js";\nexport default 1;\n')
    imports = "".join(f'import("./chunk{number}-4f3a2b1c.js");\n' for number in range(4))
    project.write("static/app/main-9c8d7e6f.js", imports)
    project.replace("templates/base.html", "js/site.js", "app/main-9c8d7e6f.js")
    report = prover.prove(project.root)
    errors = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert [(finding["id"], finding["message"]) for finding in errors] == [
        (
            "staticproof.E090",
            "The bundle in 'app' is loaded twice, by plain and by hashed names: 'app/main-9c8d7e6f.js'.",
        )
    ], report["findings"]


def test_an_error_page_that_needs_a_row_is_not_proven(prover: Prover, project: Project) -> None:
    """The tables of a test database are empty, so such an error page may be right on the site."""
    project.write("blog/models.py", "from django.db import models\n\n\nclass Release(models.Model):\n    pass\n")
    project.write(
        "blog/context.py",
        "from .models import Release\n\n\ndef current(request):\n    return {'release': Release.objects.get()}\n",
    )
    project.replace(
        "mysite/settings.py",
        '"APP_DIRS": True,',
        '"APP_DIRS": True, "OPTIONS": {"context_processors": ["blog.context.current"]},',
    )
    report = prover.prove(project.root)
    assert {finding[0] for finding in found(report)} == {"staticproof.W086", "staticproof.W087"}, report["findings"]
    messages = [finding["message"] for finding in report["findings"]]
    assert any(message.startswith("The error page 404 cannot be proven, because it fails: ") for message in messages)


def test_each_of_two_databases_is_made(prover: Prover, project: Project) -> None:
    project.replace(
        "mysite/settings.py",
        '"db.sqlite3"}}',
        '"db.sqlite3"}}\nDATABASES["more"] = {**DATABASES["default"], "NAME": "b"}',
    )
    project.write("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n")
    view = 'lambda request: HttpResponse(str([*Post.objects.using("more"), *Post.objects.using("default")]))'
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.http import HttpResponse\n\nfrom blog.models import Post\n\n"
        f'urlpatterns = [\n    path("page/", {view}),',
    )
    report = prover.prove(project.root)
    assert (found(report), report["summary"]["pages"]) == ([], 2)


def test_a_page_that_is_an_error_on_purpose_is_a_note(prover: Prover, project: Project) -> None:
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.views.defaults import server_error\n\nurlpatterns = [\n    path('500/', server_error),",
    )
    assert found(prover.prove(project.root)) == [("staticproof.I086", None, None)]


def test_a_compressed_file_next_to_its_original_need_not_be_served(prover: Prover, project: Project) -> None:
    """django-compressor writes such files. WhiteNoise serves them only under the name of the original."""
    project.replace("mysite/settings.py", "whitenoise.storage.CompressedManifestStaticFilesStorage", PLAIN)
    project.replace("mysite/settings.py", "WHITENOISE_KEEP_ONLY_HASHED_FILES = True", "")
    project.write("static/css/more.css", "p {}\n")
    project.write("static/css/more.css.gz", "compressed")
    report = prover.prove(project.root)
    assert [finding for finding in report["findings"] if "answers 404" in finding["message"]] == []


def test_a_page_that_needs_a_connection_is_a_note(prover: Prover, project: Project) -> None:
    project.write(
        "blog/views.py", "import socket\n\n\ndef remote(request):\n    socket.create_connection(('example.com', 80))\n"
    )
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from blog import views\n\nurlpatterns = [\n    path('page/', views.remote),",
    )
    (finding,) = prover.prove(project.root)["findings"]
    assert finding["id"] == "staticproof.I086"
    assert "because it needs a connection or a change of data, which the proof refuses: " in finding["message"]


def test_files_that_are_not_built_are_reported_once(prover: Prover, project: Project) -> None:
    project.write(".gitignore", "static/build/\n")
    project.write("package.json", '{"scripts": {"build": "vite build"}}')
    project.replace("templates/base.html", "js/site.js", "build/site.js")
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    assert [finding["id"] for finding in prover.prove(project.root)["findings"]] == ["staticproof.W068"]


def test_a_file_that_is_written_while_a_page_renders(prover: Prover, project: Project) -> None:
    """django-compressor does so, in the STATIC_ROOT of the time when the apps load."""
    without_whitenoise(project, PLAIN)
    project.write(
        "blog/models.py",
        "from django.conf import settings\n\nsettings.COMPRESS_ROOT = settings.STATIC_ROOT\n",
    )
    project.write(
        "blog/views.py",
        "from pathlib import Path\n\nfrom django.conf import settings\nfrom django.http import HttpResponse\n\n\n"
        "def page(request):\n    root = Path(settings.COMPRESS_ROOT)\n    root.mkdir(exist_ok=True)\n"
        "    (root / 'output.0123456789ab.css').write_text('p {}')\n"
        "    return HttpResponse('<link rel=stylesheet href=\"/' + 'static/output.0123456789ab.css\">')\n",
    )
    project.replace(
        "mysite/urls.py", "urlpatterns = [", "from blog import views\n\nurlpatterns = [\n    path('page/', views.page),"
    )
    prover.collect(project.root)
    report = prover.prove(project.root, collected=True)
    assert [finding for finding in report["findings"] if finding["level"] == "error"] == []
    assert report["summary"]["pages"] == 2


def test_an_error_page_that_reads_a_file_of_another_command_is_not_proven(prover: Prover, project: Project) -> None:
    """django-statici18n writes to STATIC_ROOT with a command of its own."""
    project.write(
        "blog/context.py",
        "from pathlib import Path\n\nfrom django.conf import settings\n\n\n"
        "def script(request):\n    return {'script': Path(settings.STATIC_ROOT, 'jsi18n/en.js').read_text()}\n",
    )
    processors = '"APP_DIRS": True, "OPTIONS": {"context_processors": ["blog.context.script"]},'
    project.replace("mysite/settings.py", '"APP_DIRS": True,', processors)
    assert {finding[0] for finding in found(prover.prove(project.root))} == {"staticproof.W086", "staticproof.W087"}


def test_a_page_that_changes_data_is_a_note_with_the_existing_data(prover: Prover, project: Project) -> None:
    project.write("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n")
    view = "lambda request: HttpResponse(str(Post.objects.create()))"
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        "from django.http import HttpResponse\n\nfrom blog.models import Post\n\n"
        f'urlpatterns = [\n    path("page/", {view}),',
    )
    assert project.manage("migrate", "--run-syncdb").returncode == 0
    (finding,) = prover.prove(project.root, with_data=True)["findings"]
    assert (finding["id"], "a change of data, which the proof refuses" in finding["message"]) == (
        "staticproof.I086",
        True,
    )


def test_a_hard_coded_name_is_reported_once(prover: Prover, project: Project) -> None:
    """Reading warns of it in one finding for many places, and the crawl sees each request for a plain name."""
    project.replace("mysite/settings.py", "WHITENOISE_KEEP_ONLY_HASHED_FILES = True", "")
    project.replace(
        "mysite/settings.py",
        '"APP_DIRS": True,',
        '"APP_DIRS": True, "OPTIONS": {"context_processors": ["django.template.context_processors.static"]},',
    )
    for number in range(4):
        project.write(f"static/js/part{number}.js", f"console.log({number});\n")
    scripts = "".join(f'<script src="{{{{ STATIC_URL }}}}js/part{number}.js"></script>\n' for number in range(4))
    project.replace("templates/base.html", "</head>", f"{scripts}</head>")
    assert {finding["id"] for finding in prover.prove(project.root)["findings"]} == {"staticproof.W023"}
