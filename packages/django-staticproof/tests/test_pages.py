"""The choice of pages: behind a login, with arguments, included, excluded, limited."""

from typing import Any

import pytest

from .conftest import Project
from .prover import Prover

APPS = '["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", '
MIDDLEWARE = """\
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
"""
URLS = """\
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path


def page(request, **arguments):
    return HttpResponse(f"<title>{arguments}</title>")


urlpatterns = [
    path("", page),
    path("private/", login_required(lambda request: HttpResponse('<img src="/no.png">'))),
    path("posts/<int:pk>/", page, name="post"),
    path("archive/<int:year>/<slug:slug>/", page, name="archive"),
    path("export/", page),
]
"""


@pytest.fixture
def site(project: Project) -> Project:
    """Return a project with users, a page behind a login and pages that need arguments."""
    project.replace("mysite/settings.py", '["blog", ', f'{APPS}"blog", ')
    project.replace("mysite/settings.py", "MIDDLEWARE = [\n", MIDDLEWARE)
    project.write("mysite/urls.py", URLS)
    return project


def counts(report: Any) -> tuple[int, int, int, int]:
    """Return the numbers of pages: fetched, behind a login, with arguments, beyond a limit."""
    numbers = report["summary"]
    return (
        numbers["pages"],
        numbers["pages_need_login"],
        numbers["pages_need_arguments"],
        numbers["pages_left"],
    )


def test_a_page_behind_a_login_is_fetched_as_a_user(prover: Prover, site: Project) -> None:
    report = prover.prove(site.root)
    assert (counts(report), report["findings"]) == ((2, 1, 2, 0), [])
    report = prover.prove(site.root, login="alice")
    assert counts(report) == (3, 0, 2, 0)
    messages = [finding["message"] for finding in report["findings"]]
    assert messages == ["The page /private/ refers to /no.png, which answers 404."]


def test_a_user_model_with_a_manager_of_its_own(prover: Prover, site: Project) -> None:
    site.write(
        "blog/models.py",
        "from django.contrib.auth.models import AbstractUser, UserManager\n\n\n"
        "class Manager(UserManager):\n"
        "    def create_superuser(self, username, email, password):\n"
        "        return super().create_superuser(username, email, password)\n\n\n"
        "class User(AbstractUser):\n    USERNAME_FIELD, REQUIRED_FIELDS, objects = 'email', [], Manager()\n",
    )
    site.replace("mysite/settings.py", "USE_I18N = False", "USE_I18N = False\nAUTH_USER_MODEL = 'blog.User'")
    site.replace("mysite/settings.py", "USE_I18N = False", "USE_I18N = False\nSILENCED_SYSTEM_CHECKS = ['auth.E003']")
    report = prover.prove(site.root, login="alice")
    assert (counts(report)[:2], report["remarks"]) == ((3, 0), [])


def test_making_the_databases_does_not_count_against_the_limit(prover: Prover, site: Project) -> None:
    site.write(
        "blog/models.py",
        "import time\n\nfrom django.contrib.auth.models import AbstractUser, UserManager\n\n\n"
        "class Manager(UserManager):\n"
        "    def create_superuser(self, *args, **fields):\n"
        "        time.sleep(2.5)\n        return super().create_superuser(*args, **fields)\n\n\n"
        "class User(AbstractUser):\n    objects = Manager()\n",
    )
    site.replace("mysite/settings.py", "USE_I18N = False", "USE_I18N = False\nAUTH_USER_MODEL = 'blog.User'")
    assert counts(prover.prove(site.root, login="alice", seconds=2.0))[0] > 0


def test_a_user_that_does_not_exist_is_a_remark(prover: Prover, site: Project) -> None:
    report = prover.prove(site.root, login="alice", with_data=True)
    assert counts(report)[1] == 1
    assert any(remark.startswith("Pages behind a login were left out: --login alice: ") for remark in report["remarks"])


def test_pages_with_arguments_from_the_settings(prover: Prover, site: Project) -> None:
    site.replace(
        "mysite/settings.py",
        "USE_I18N = False",
        "USE_I18N = False\nSTATICPROOF_URL_ARGUMENTS = {'post': [1, {'pk': 2}], 'archive': (2026, 'a'), 'none': 1}",
    )
    report = prover.prove(site.root)
    assert counts(report) == (5, 1, 0, 0)
    assert report["remarks"] == ["STATICPROOF_URL_ARGUMENTS: no pattern 'none' matches these arguments."]


def test_pages_of_objects_in_the_database(prover: Prover, site: Project) -> None:
    site.write(
        "blog/models.py",
        "from django.db import models\n\n\nclass Post(models.Model):\n"
        "    def get_absolute_url(self):\n        return f'/posts/{self.pk}/'\n",
    )
    assert site.manage("migrate", "--run-syncdb").returncode == 0
    assert site.manage("shell", "-c", "from blog.models import Post; Post.objects.create(pk=7)").returncode == 0
    assert counts(prover.prove(site.root, with_data=True))[0] == 3


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"exclude": ["/exp*"]}, (1, 1, 2, 0)),
        ({"include": ["/posts/3/", "/e*"]}, (2, 0, 2, 0)),
        ({"include": ["/posts/3/"]}, (1, 0, 2, 0)),
        ({"pages": 1}, (1, 0, 2, 2)),
        ({"seconds": 0.000001}, (0, 0, 2, 3)),
    ],
)
def test_pages_are_included_excluded_and_limited(
    prover: Prover, site: Project, request_: dict[str, Any], expected: tuple[int, int, int, int]
) -> None:
    assert counts(prover.prove(site.root, **request_)) == expected
