"""`cruft update` brings a site to the template's next version and keeps its owner's work."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE, UV, Completed, generate, run
from repository import ask_for_a_motto, change, commit, cruft, git, next_version, repository

ANSWERS = {"project_name": "Zoë's Boats", "project_slug": "boats", "author_name": 'Ada "the" \\ O\'Brien'}
PICTURE = b"\x89PNG of the owner"


@pytest.fixture(scope="module")
def both_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("repository") / "template")


@pytest.fixture
def template(both_versions: Path, tmp_path: Path) -> Path:
    """Return a repository of the template with version 0.1.0 and today's version, to add versions to."""
    shutil.copytree(both_versions, tmp_path / "template")
    return tmp_path / "template"


@pytest.fixture
def boats(template: Path, tmp_path: Path) -> Path:
    """Return a fresh site of today's version, made by `cruft create` and committed as docs/upgrading.md describes."""
    created = create(template, tmp_path)
    assert created.returncode == 0, created.stdout + created.stderr
    return committed(tmp_path / "sites" / "boats")


def create(template: Path, tmp_path: Path, *arguments: str) -> Completed:
    sites = tmp_path / "sites"
    sites.mkdir(exist_ok=True)
    answers = ("--no-input", "--default-config", "--extra-context", json.dumps(ANSWERS))
    return cruft("create", template, *answers, "--output-dir", sites, *arguments, cwd=sites)


def committed(site: Path) -> Path:
    git(site, "init", "--quiet", "--initial-branch", "main")
    commit(site, "A fresh site")
    return site


def update(site: Path, *arguments: str) -> str:
    """Run `cruft update` and return its output."""
    updated = cruft("update", "--skip-apply-ask", *arguments, cwd=site)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert "Traceback" not in updated.stdout + updated.stderr
    return updated.stdout + updated.stderr


def conflicts(site: Path) -> list[str]:
    rejected = [path.relative_to(site).as_posix() for path in site.rglob("*.rej")]
    return git(site, "diff", "--name-only", "--diff-filter=U").split() + rejected


# --- The owner's edits ----------------------------------------------------------------------------------------------


def edit_base(site: Path) -> None:
    change(site / "templates" / "base.html", r"^( *)<p>© .*\n", r"\g<0>\1<p>Built by hand.</p>\n")


def edit_settings(site: Path) -> None:
    change(site / "config" / "settings.py", r"^LOGIN_REDIRECT_URL = .*\n", r"\g<0>SESSION_COOKIE_AGE = 3600\n")


def edit_dependencies(site: Path) -> None:
    change(site / "pyproject.toml", r'^    "psycopg', r'    "humanize>=4",\n\g<0>')


def edit(site: Path) -> None:
    """Change the base template, the settings and the dependencies, and replace a picture."""
    edit_base(site)
    edit_settings(site)
    edit_dependencies(site)
    (site / "static" / "imgs" / "og.png").write_bytes(PICTURE)


def add_an_app(site: Path) -> None:
    """Add an app as `startapp` of version 0.1.0 advised: at the top of both lists."""
    (site / "blog").mkdir()
    (site / "blog" / "__init__.py").touch()
    (site / "blog" / "urls.py").write_text('"""URLs of the blog."""\n\nurlpatterns: list[object] = []\n')
    name_the_app(site)


def name_the_app(site: Path) -> None:
    change(site / "config" / "settings.py", r"^INSTALLED_APPS = \[\n", r'\g<0>    "blog",\n')
    change(site / "config" / "urls.py", r"^urlpatterns.*= \[\n", r'\g<0>    path("blog/", include("blog.urls")),\n')


def assert_the_owners_work_is_there(site: Path) -> None:
    assert "<p>Built by hand.</p>" in (site / "templates" / "base.html").read_text(encoding="utf-8")
    assert "SESSION_COOKIE_AGE = 3600" in (site / "config" / "settings.py").read_text(encoding="utf-8")
    assert '"humanize>=4",' in (site / "pyproject.toml").read_text(encoding="utf-8")
    assert (site / "static" / "imgs" / "og.png").read_bytes() == PICTURE


def assert_the_next_version_is_there(site: Path) -> None:
    assert '<meta name="rating" content="general">' in (site / "templates" / "base.html").read_text(encoding="utf-8")
    assert "FILE_UPLOAD_PERMISSIONS = 0o640" in (site / "config" / "settings.py").read_text(encoding="utf-8")
    assert '"defusedxml>=0.7",' in (site / "pyproject.toml").read_text(encoding="utf-8")
    assert not (site / ".pre-commit-config.yaml").exists()


# --- From version 0.1.0 ---------------------------------------------------------------------------------------------

# The files that conflict when their owner edited them. The CHANGELOG names them.
CONFLICTS = ["config/settings.py", "config/urls.py", "templates/base.html"]
MOVED = ["config/health.py", "staticproof/proof.py"]


def upgrade_note() -> str:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return changelog[changelog.index("## 0.2.0") : changelog.index("## 0.1.0")]


def test_a_site_of_version_0_1_0_gets_the_packages_and_keeps_the_owners_work(template: Path, tmp_path: Path) -> None:
    created = create(template, tmp_path, "--checkout", "v0.1.0")
    assert created.returncode == 0, created.stdout + created.stderr
    boats = committed(tmp_path / "sites" / "boats")
    (boats / ".env").write_text("DEBUG=True\n")
    edit(boats)
    add_an_app(boats)
    for moved in MOVED:
        change(boats / moved, r"\Z", "\n\nOWN = 1\n")
    kept = "".join(f'    "{moved}",\n' for moved in MOVED)
    change(boats / "pyproject.toml", r'^    "static/imgs/og.png",\n', rf"\g<0>{kept}")
    commit(boats, "The owner's work")
    update(boats)

    assert conflicts(boats) == CONFLICTS
    for path in [*CONFLICTS, *(moved.split("/")[0] for moved in MOVED)]:
        assert f"`{path}" in upgrade_note(), f"the CHANGELOG does not name {path}"
    # Resolve each conflict as the CHANGELOG describes: take the template's side, then repeat the owner's edit.
    for path in CONFLICTS:
        git(boats, "checkout", "--theirs", "--", path)
    edit_base(boats)
    edit_settings(boats)
    name_the_app(boats)
    git(boats, "rm", "--quiet", "-r", "--force", *MOVED)
    commit(boats, "Follow the template")
    assert_the_owners_work_is_there(boats)
    assert (boats / ".env").read_text() == "DEBUG=True\n"
    assert (boats / "blog" / "urls.py").is_file()
    assert not (boats / "staticproof").exists()
    assert not (boats / "edge").exists()
    assert len(list((boats / "vendor").glob("*.whl"))) == 2
    for command in ([UV, "sync"], [UV, "run", "pytest", "-q"], [UV, "run", "manage.py", "provestatic"]):
        done = run(*command, cwd=boats)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_unedited_site_of_version_0_1_0_becomes_todays_site(template: Path, tmp_path: Path) -> None:
    create(template, tmp_path, "--checkout", "v0.1.0")
    boats = committed(tmp_path / "sites" / "boats")
    update(boats)
    assert conflicts(boats) == []
    commit(boats, "Follow the template")
    (tmp_path / "fresh").mkdir()
    create(template, tmp_path / "fresh")
    fresh = committed(tmp_path / "fresh" / "sites" / "boats")
    assert git(boats, "ls-files") == git(fresh, "ls-files")
    # Pictures that owners replace keep their old version: [tool.cruft] skip.
    changed = [name for name in git(boats, "ls-files").splitlines() if differs(boats / name, fresh / name)]
    skipped = tomllib.loads((fresh / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["cruft"]["skip"]
    assert set(changed) - {".cruft.json"} <= set(skipped)


def differs(one: Path, other: Path) -> bool:
    return one.read_bytes() != other.read_bytes()


# --- From today's version -------------------------------------------------------------------------------------------


def test_an_edited_site_is_updated_and_keeps_the_owners_work(template: Path, boats: Path) -> None:
    (boats / ".env").write_text("DEBUG=True\n")
    edit(boats)
    (boats / "pages" / "templates" / "pages" / "about.html").unlink()
    commit(boats, "The owner's work")
    next_version(template)
    ask_for_a_motto(template)
    update(boats, "--variables-to-update", json.dumps({"motto": 'The "best" boats'}))
    assert conflicts(boats) == []
    assert_the_owners_work_is_there(boats)
    assert_the_next_version_is_there(boats)
    assert not (boats / "pages" / "templates" / "pages" / "about.html").exists()
    assert (boats / ".env").read_text() == "DEBUG=True\n"
    settings = (boats / "config" / "settings.py").read_text(encoding="utf-8")
    assert 'SITE_MOTTO = "The \\u0022best\\u0022 boats"\n' in settings


def test_a_new_question_changes_nothing_else(template: Path, boats: Path) -> None:
    ask_for_a_motto(template)
    update(boats)
    changed = git(boats, "diff", "HEAD", "--unified=0", "--", ".", ":!.cruft.json")
    assert re.findall(r"^[+-](?![+-]).*", changed, re.MULTILINE) == ['+SITE_MOTTO = "No motto"']


def test_an_update_replaces_a_wheel(template: Path, boats: Path) -> None:
    (wheel,) = (template / TEMPLATE.name / "vendor").glob("django_staticproof-*.whl")
    wheel.rename(wheel.with_name("django_staticproof-0.9.0-py3-none-any.whl"))
    commit(template, "A new wheel")
    update(boats)
    assert conflicts(boats) == []
    assert [path.name[:24] for path in sorted((boats / "vendor").iterdir())] == [
        "django_staticproof-0.9.0", "whitenoise_edge-0.2.0-py",
    ]  # fmt: skip


def test_a_site_of_plain_cookiecutter_can_be_linked_afterwards(template: Path, tmp_path: Path) -> None:
    answers = [f"{question}={answer}" for question, answer in ANSWERS.items()]
    generated = generate(tmp_path / "sites", *answers, template=template, UV_FROZEN="1")
    assert "NOT PROVEN" in generated.stdout, generated.stdout + generated.stderr
    site = committed(tmp_path / "sites" / "boats")
    secret = (site / ".env").read_text(encoding="utf-8")
    edit(site)
    commit(site, "The owner's work")
    linked = cruft(
        "link", template, "--checkout", "main", "--no-input", "--default-config",
        "--extra-context", json.dumps(ANSWERS), cwd=site,
    )  # fmt: skip
    assert linked.returncode == 0, linked.stderr
    assert git(site, "status", "--porcelain") == "?? .cruft.json\n"
    commit(site, "Follow the template")
    next_version(template)
    update(site)
    assert conflicts(site) == []
    assert_the_owners_work_is_there(site)
    assert_the_next_version_is_there(site)
    assert (site / ".env").read_text(encoding="utf-8") == secret


def test_lines_that_both_changed_are_a_conflict(template: Path, boats: Path) -> None:
    edit(boats)
    change(boats / "templates" / "base.html", "initial-scale=1", "initial-scale=2")
    commit(boats, "The owner's work")
    next_version(template)
    change(template / TEMPLATE.name / "templates" / "base.html", "initial-scale=1", "initial-scale=3")
    commit(template)
    update(boats)
    assert conflicts(boats) == ["templates/base.html"]
    base = (boats / "templates" / "base.html").read_text(encoding="utf-8")
    ((ours, theirs),) = re.findall(r"(?s)<<<<<<< ours\n(.*?)=======\n(.*?)>>>>>>> theirs\n", base)
    # git merges adjacent changed lines as one change. The template's new line is directly above the owner's.
    assert ours.strip() == '<meta name="viewport" content="width=device-width, initial-scale=2">'
    assert 'initial-scale=3">' in theirs
    assert_the_owners_work_is_there(boats)
    assert_the_next_version_is_there(boats)


def test_an_edit_before_the_first_commit_gives_reject_files(template: Path, tmp_path: Path) -> None:
    """git cannot merge with a version that was never committed."""
    create(template, tmp_path)
    site = tmp_path / "sites" / "boats"
    change(site / "templates" / "base.html", "initial-scale=1", "initial-scale=2")
    committed(site)
    change(template / TEMPLATE.name / "templates" / "base.html", "initial-scale=1", "initial-scale=3")
    change(template / TEMPLATE.name / "config" / "settings.py", r"\Z", "LAST = True\n")
    commit(template)
    update(site)
    assert conflicts(site) == ["templates/base.html.rej"]
    assert "initial-scale=2" in (site / "templates" / "base.html").read_text(encoding="utf-8")
    assert "LAST = True" in (site / "config" / "settings.py").read_text(encoding="utf-8")


# --- Creating, releases ---------------------------------------------------------------------------------------------


def test_under_cruft_the_hook_installs_nothing_and_prints_the_missing_commands(template: Path, tmp_path: Path) -> None:
    created = create(template, tmp_path)
    site = tmp_path / "sites" / "boats"
    assert [name for name in (".env", ".venv", "uv.lock", "staticfiles") if (site / name).exists()] == []
    assert "NOT PROVEN" in created.stdout
    for command in ("cd boats", "cp .env.example .env", "uv sync", "uv run manage.py provestatic"):
        assert f"    {command}\n" in created.stdout
    committed(site)
    next_version(template)
    assert "NOT PROVEN" not in update(site)


def test_the_site_names_the_version_of_the_template() -> None:
    """An owner needs the version for `cruft link`, and to find the right steps in the CHANGELOG."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version {version} of the template" in (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == version
