"""A site follows its template with cruft, and what its owner did stays."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE, Completed, Site, generate, run
from repository import ask_for_a_motto, change, commit, cruft, first_version, git, next_version
from terminals import Terminal, slow_file, wait_until_there

ANSWERS = {"project_name": "Zoë's Boats", "project_slug": "boats", "author_name": 'Ada "the" \\ O\'Brien'}
OWNERS_PICTURE = b"\x89PNG of the owner"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return first_version(tmp_path / "template")


@pytest.fixture
def boats(template: Path, tmp_path: Path) -> Path:
    """A fresh site made by `cruft create`, committed as the README says to."""
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
    """`cruft update`, to its end; what it said."""
    updated = cruft("update", "--skip-apply-ask", *arguments, cwd=site)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert "Traceback" not in updated.stdout + updated.stderr
    return updated.stdout + updated.stderr


# --- What an owner does to a site -----------------------------------------------------------------------------------


def edit(site: Path) -> None:
    """Change the base template, the settings and the dependencies, put a picture of one's own."""
    change(site / "templates" / "base.html", r"^( *)<p>© .*\n", r"\g<0>\1<p>Built by hand.</p>\n")
    change(site / "config" / "settings.py", r"^LOGIN_REDIRECT_URL = .*\n", r"\g<0>SESSION_COOKIE_AGE = 3600\n")
    change(site / "pyproject.toml", r'^    "psycopg', r'    "humanize>=4",\n\g<0>')
    (site / "static" / "imgs" / "og.png").write_bytes(OWNERS_PICTURE)


def delete_the_about_page(site: Path) -> None:
    """Its template, stylesheet, view, URL, link and what the tests have about it."""
    (site / "pages" / "templates" / "pages" / "about.html").unlink()
    shutil.rmtree(site / "pages" / "static" / "pages" / "css")
    change(site / "pages" / "views.py", r"\n\n@require_safe\ndef about\(.*\n.*\n", "")
    change(site / "pages" / "urls.py", r".*views\.about.*\n", "")
    change(site / "pages" / "sitemaps.py", r', "pages:about"', "")
    change(site / "templates" / "_header.html", r".*'pages:about'.*\n", "")
    for tests in (site / "tests").glob("test_*.py"):
        text = re.sub(r'"(pages:about|/about/)", |, "https://testserver/about/"', "", tests.read_text(encoding="utf-8"))
        text = text.replace("[200, 200]", "[200]")
        functions = re.split(r"(?m)(?<=\n)(?=\n\n(?:@|def |class ))", text)
        tests.write_text("".join(part for part in functions if "pages:about" not in part), encoding="utf-8")


def add_an_app(site: Path, environment: Site) -> None:
    made = environment.manage("startapp", "blog", cwd=site)
    assert made.returncode == 0, made.stderr
    change(site / "config" / "settings.py", r"^INSTALLED_APPS = \[\n", r'\g<0>    "blog",\n')
    change(site / "config" / "urls.py", r"^urlpatterns = \[\n", r'\g<0>    path("blog/", include("blog.urls")),\n')


def assert_the_owners_work_is_there(site: Path) -> None:
    assert "<p>Built by hand.</p>" in (site / "templates" / "base.html").read_text(encoding="utf-8")
    assert "SESSION_COOKIE_AGE = 3600" in (site / "config" / "settings.py").read_text(encoding="utf-8")
    assert '"humanize>=4",' in (site / "pyproject.toml").read_text(encoding="utf-8")
    assert (site / "static" / "imgs" / "og.png").read_bytes() == OWNERS_PICTURE


def assert_the_templates_work_is_there(site: Path) -> None:
    assert '<meta name="rating" content="general">' in (site / "templates" / "base.html").read_text(encoding="utf-8")
    assert "FILE_UPLOAD_PERMISSIONS = 0o640" in (site / "config" / "settings.py").read_text(encoding="utf-8")
    assert '"defusedxml>=0.7",' in (site / "pyproject.toml").read_text(encoding="utf-8")
    assert not (site / ".pre-commit-config.yaml").exists()


def conflicts(site: Path) -> list[str]:
    rejected = [path.relative_to(site).as_posix() for path in site.rglob("*.rej")]
    return git(site, "diff", "--name-only", "--diff-filter=U").split() + rejected


# --- Following ------------------------------------------------------------------------------------------------------


def test_an_edited_site_is_brought_up_to_date_and_stays_its_owners(
    template: Path, boats: Path, site: Site, tmp_path: Path
) -> None:
    (boats / ".env").write_text("DEBUG=True\n")
    edit(boats)
    delete_the_about_page(boats)
    add_an_app(boats, site)
    commit(boats, "The owner's work")
    next_version(template)
    ask_for_a_motto(template)
    update(boats, "--variables-to-update", json.dumps({"motto": 'The "best" boats'}))
    assert conflicts(boats) == []
    assert_the_owners_work_is_there(boats)
    assert_the_templates_work_is_there(boats)
    assert not (boats / "pages" / "templates" / "pages" / "about.html").exists()
    assert (boats / "blog" / "urls.py").is_file()
    assert (boats / ".env").read_text() == "DEBUG=True\n"
    settings = (boats / "config" / "settings.py").read_text(encoding="utf-8")
    assert 'SITE_MOTTO = "The \\u0022best\\u0022 boats"\n' in settings

    assert "provestatic" in (boats / "tests" / "test_proof.py").read_text(encoding="utf-8"), "tests include the proof"
    for command in (["uv", "sync"], ["uv", "run", "pytest", "-q"]):
        done = run(*command, cwd=boats)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_question_leaves_an_old_site_as_it_was(template: Path, boats: Path) -> None:
    ask_for_a_motto(template)
    update(boats)
    changed = git(boats, "diff", "HEAD", "--unified=0", "--", ".", ":!.cruft.json")
    assert re.findall(r"^[+-](?![+-]).*", changed, re.MULTILINE) == ['+SITE_MOTTO = "No motto"']


def test_a_site_of_plain_cookiecutter_can_be_linked_afterwards(template: Path, tmp_path: Path) -> None:
    answers = [f"{question}={answer}" for question, answer in ANSWERS.items()]
    generated = generate(tmp_path / "sites", *answers, template=template, UV_FROZEN="1")
    assert "NOT PROVEN" in generated.stdout, generated.stdout + generated.stderr
    site = committed(tmp_path / "sites" / "boats")
    secret = (site / ".env").read_text(encoding="utf-8")
    edit(site)
    commit(site, "The owner's work")
    linked = cruft(
        "link", template, "--checkout", "v0.1.0", "--no-input", "--default-config",
        "--extra-context", json.dumps(ANSWERS), cwd=site,
    )  # fmt: skip
    assert linked.returncode == 0, linked.stderr
    assert git(site, "status", "--porcelain") == "?? .cruft.json\n"
    commit(site, "Follow the template")
    next_version(template)
    update(site)
    assert conflicts(site) == []
    assert_the_owners_work_is_there(site)
    assert_the_templates_work_is_there(site)
    assert (site / ".env").read_text(encoding="utf-8") == secret


def test_a_conflict_is_shown_only_where_both_changed_the_same_lines(template: Path, boats: Path) -> None:
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
    # git takes lines that touch each other for one change: the template's new line comes directly before.
    assert ours.strip() == '<meta name="viewport" content="width=device-width, initial-scale=2">'
    assert 'initial-scale=3">' in theirs
    assert_the_owners_work_is_there(boats)
    assert_the_templates_work_is_there(boats)


def test_without_a_commit_before_the_first_edit_conflicts_lie_beside_their_files(
    template: Path, tmp_path: Path
) -> None:
    """git cannot merge what it has never seen; cruft then applies what fits and writes the rest to `.rej` files."""
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


# --- Creating -------------------------------------------------------------------------------------------------------


def test_under_cruft_the_hooks_only_prune_and_say_what_is_left_to_do(template: Path, tmp_path: Path) -> None:
    created = create(template, tmp_path)
    site = tmp_path / "sites" / "boats"
    assert [name for name in (".env", ".venv", "uv.lock", "staticfiles") if (site / name).exists()] == []
    assert "NOT PROVEN" in created.stdout
    for command in ("cd boats", "cp .env.example .env", "uv sync", "uv run manage.py provestatic"):
        assert f"    {command}\n" in created.stdout
    committed(site)
    next_version(template)
    assert "NOT PROVEN" not in update(site)


def test_an_existing_folder_is_refused_by_cruft_in_the_same_words(template: Path, tmp_path: Path) -> None:
    (tmp_path / "sites" / "boats").mkdir(parents=True)
    created = create(template, tmp_path)
    assert created.returncode == 1
    assert "boats already exists. Choose another folder with --output-dir" in created.stderr
    assert "Traceback" not in created.stderr
    assert list((tmp_path / "sites" / "boats").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
def test_ctrl_c_leaves_neither_half_a_new_site_nor_half_an_update(template: Path, boats: Path, tmp_path: Path) -> None:
    slow_file(template)
    commit(template, "A version that takes long")
    (tmp_path / "more").mkdir()
    cruft = [sys.executable, "-m", "cruft"]
    creating = Terminal(
        [*cruft, "create", str(template), "-y", "--output-dir", str(tmp_path / "more")], tmp_path / "home"
    )
    wait_until_there(tmp_path, "more/my-site/manage.py")
    code, said = creating.stop()
    assert code != 0
    assert "my-site has been removed: nothing is left of it." in said
    assert list((tmp_path / "more").iterdir()) == []
    updating = Terminal([*cruft, "update", "-y", "--project-dir", str(boats)], tmp_path / "home")
    wait_until_there(tmp_path / "home", "tmp*/new_template")  # cruft has made the old version, for comparison
    wait_until_there(tmp_path / "home", "tmp*/boats/manage.py")
    code, said = updating.stop()
    assert code != 0
    assert "Stopped. The site is as it was." in said
    assert "Traceback" not in said
    assert git(boats, "status", "--porcelain") == ""


# --- Releases -------------------------------------------------------------------------------------------------------


def test_the_site_says_which_version_of_the_template_it_is_made_from() -> None:
    """`cruft link` has to be told, years later; and CHANGELOG.md tells what to do from there on."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version {version} of the template" in (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == version
