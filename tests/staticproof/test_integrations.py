"""The pre-commit hook, the GitHub Action and the test of django-staticproof's README, each in a scratch repository."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, UV, Completed, run

PACKAGE = ROOT / "packages" / "django-staticproof"
PACKAGES = (
    "django==6.1.3",
    "pre-commit==4.7.0",
    "pytest==9.2.0",
    "pytest-django==4.14.0",
    "whitenoise[brotli]==6.12.0",
)
FILES = {
    "manage.py": """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
""",
    "mysite/__init__.py": "",
    "mysite/settings.py": """\
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "for-tests-only"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
if find_spec("staticproof"):
    INSTALLED_APPS += ["staticproof"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware"]
ROOT_URLCONF = "mysite.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"]}]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
""",
    "mysite/urls.py": """\
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [path("", TemplateView.as_view(template_name="home.html"))]
""",
    "templates/home.html": """\
{% load static %}
<!doctype html>
<title>A page</title>
<link rel="stylesheet" href="{% static 'css/site.css' %}">
""",
    "static/css/site.css": "body { color: #123456 }\n",
}
CORRECT, WRONG_CASE, MISSING = "'css/site.css'", "'css/Site.css'", "'css/stie.css'"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with Django, pre-commit and pytest, and without staticproof."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for command in (
        (UV, "venv", "--quiet", "--seed", "--python", python, folder),
        (UV, "pip", "install", "--quiet", "--python", folder, *PACKAGES),
    ):
        done = run(*command, cwd=folder.parent)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def with_staticproof(environment: Path) -> Path:
    done = run(UV, "pip", "install", "--quiet", "--python", environment, PACKAGE, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return environment


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a healthy project in its folder `site`."""
    for path, text in FILES.items():
        file = tmp_path / "site" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("__pycache__/\n")
    for command in (("init", "--quiet"), ("add", "--all")):
        assert run("git", *command, cwd=tmp_path).returncode == 0
    return tmp_path


def block(language: str, word: str) -> str:
    """Return the only code block of the README in this language that contains this word."""
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL) if word in text]
    return str(found)


def plant(repository: Path, fault: str) -> Path:
    """Put a fault into line 4 of the template in place of the fault or the text that is there."""
    template = repository / "site" / "templates" / "home.html"
    text = FILES["templates/home.html"].replace(CORRECT, fault)
    template.write_text(text, encoding="utf-8")
    assert run("git", "add", "--all", cwd=repository).returncode == 0
    return template


def with_path(environment: Path) -> dict[str, str]:
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "PYTHONDONTWRITEBYTECODE": ""}  # bytecode saves seconds, and is only in temporary folders


def test_the_hook_fixes_and_refuses(with_staticproof: Path, repository: Path, tmp_path: Path) -> None:
    (repository / ".pre-commit-config.yaml").write_text(f"repos:\n{block('yaml', 'hooks')}", encoding="utf-8")

    def commit() -> Completed:
        variables = with_path(with_staticproof) | {"PRE_COMMIT_HOME": str(tmp_path / "home")}
        return run(with_staticproof / "bin" / "pre-commit", "run", "--all-files", cwd=repository, **variables)

    plant(repository, CORRECT)
    healthy = commit()
    assert healthy.returncode == 0, healthy.stdout
    template = plant(repository, WRONG_CASE)
    fixed = commit()
    assert fixed.returncode == 1
    assert "files were modified by this hook" in fixed.stdout
    assert template.read_text(encoding="utf-8") == FILES["templates/home.html"]
    assert commit().returncode == 0
    plant(repository, MISSING)
    refused = commit()
    assert refused.returncode == 1
    assert "'css/stie.css' is in no static folder" in refused.stdout
    assert "files were modified" not in refused.stdout


def perform(action: dict[str, Any], inputs: dict[str, str], repository: Path, environment: Path) -> Completed:
    """Run the steps of a composite action as the runner does. Return the first one that fails, or the last one."""
    values = {name: str(declared.get("default", "")) for name, declared in action["inputs"].items()} | inputs

    def evaluated(text: str) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)

    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash"
        variables = {name: evaluated(value) for name, value in step["env"].items()}
        variables |= {"GITHUB_ACTION_PATH": str(PACKAGE), "GITHUB_WORKSPACE": str(repository), "GITHUB_ACTIONS": "true"}
        command = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"])
        folder = repository / evaluated(step["working-directory"])
        done = run(*command, cwd=folder, **with_path(environment), **variables)
        if done.returncode:
            break
    return done


def test_the_action_annotates_the_lines(environment: Path, repository: Path) -> None:
    action = yaml.safe_load((PACKAGE / "action.yml").read_text(encoding="utf-8"))
    (step,) = yaml.safe_load(block("yaml", "uses"))
    action_path, _, tag = step["uses"].partition("@")
    version = re.findall(r'^version = "(.+)"', (PACKAGE / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert ROOT / action_path.removeprefix("OWNER/REPOSITORY/") == PACKAGE
    assert [tag] == [f"django-staticproof-v{number}" for number in version]
    assert step["with"].keys() <= action["inputs"].keys()
    inputs = step["with"] | {"python": "python", "working-directory": "site"}
    healthy = perform(action, inputs, repository, environment)
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "::" not in healthy.stdout
    plant(repository, MISSING)
    faulty = perform(action, inputs, repository, environment)
    assert faulty.returncode == 1, faulty.stdout + faulty.stderr
    (annotation,) = [line for line in faulty.stdout.splitlines() if line.startswith("::error")]
    assert annotation.startswith("::error file=site/templates/home.html,line=4,title=")
    assert "Did you mean {%25 static 'css/site.css' %25}?" in annotation


def test_the_test_of_the_readme(with_staticproof: Path, repository: Path) -> None:
    site = repository / "site"
    (site / "test_static_files.py").write_text(block("python", "def test_"), encoding="utf-8")
    (site / "pytest.ini").write_text("[pytest]\nDJANGO_SETTINGS_MODULE = mysite.settings\npythonpath = .\n")
    command = (with_staticproof / "bin" / "python", "-m", "pytest", "-p", "no:cacheprovider")
    healthy = run(*command, cwd=site, **with_path(with_staticproof))
    assert healthy.returncode == 0, healthy.stdout
    plant(repository, MISSING)
    faulty = run(*command, cwd=site, **with_path(with_staticproof))
    assert faulty.returncode == 1
    assert "'css/stie.css' is in no static folder" in faulty.stdout


def test_the_configuration_of_the_readme(with_staticproof: Path, tmp_path: Path) -> None:
    table = block("toml", "tool.staticproof")
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    code = "from pathlib import Path; from staticproof import config; print(len(config.read(Path.cwd())))"
    done = run(with_staticproof / "bin" / "python", "-c", code, cwd=tmp_path)
    assert done.stdout == f"{len(table.splitlines()) - 1}\n", done.stderr


def test_the_action_matches_githubs_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-actions")
    checked = run(sys.executable, "-m", "check_jsonschema", *schema, PACKAGE / "action.yml", cwd=ROOT)
    assert checked.returncode == 0, checked.stdout
    zizmor = Path(sys.executable).parent / "zizmor"
    found = run(zizmor, "--offline", "--persona", "pedantic", PACKAGE / "action.yml", cwd=ROOT)
    assert found.returncode == 0, found.stdout
