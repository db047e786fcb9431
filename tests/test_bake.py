"""What a generated site holds, and that every tool is content with it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import PRODUCTION, ROOT, TEMPLATE, Site, run

# What the hooks make beside the template's own files.
GENERATED = {".env", "uv.lock", ".venv", "staticfiles"}


def template_files() -> set[str]:
    """The template's files as git knows them: what git does not know is not of the template."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", TEMPLATE.name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {Path(name).relative_to(TEMPLATE.name).as_posix() for name in listed.stdout.split("\0") if name}


def text_files(site: Site) -> list[Path]:
    found = []
    for name in sorted(template_files()):
        try:
            (site.path / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found.append(site.path / name)
    return found


def test_the_site_holds_exactly_the_expected_files(site: Site) -> None:
    made = {
        path.relative_to(site.path).as_posix()
        for path in site.path.rglob("*")
        if path.is_file() and path.relative_to(site.path).parts[0] not in GENERATED
    }
    assert made == template_files()
    assert {name for name in GENERATED if (site.path / name).exists()} == GENERATED


def test_nothing_generated_lies_in_the_template() -> None:
    lying = {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()}
    assert lying == template_files()


def test_no_jinja_is_left_over(site: Site) -> None:
    for path in text_files(site):
        text = path.read_text(encoding="utf-8")
        assert "cookiecutter." not in text, path
        assert "# cc:" not in text, path


def test_files_end_with_one_newline_and_no_line_with_blanks(site: Site) -> None:
    for path in text_files(site):
        text = path.read_text(encoding="utf-8")
        if text and "LICENSE" not in path.name and path.suffix not in {".svg", ".po"}:
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
            assert "\n\n\n\n" not in text, path


def test_no_secret_is_in_a_tracked_file(site: Site) -> None:
    key = re.search(r"^SECRET_KEY=(\S{50,})$", (site.path / ".env").read_text(), re.MULTILINE)
    assert key is not None
    for path in text_files(site):
        assert key[1] not in path.read_text(encoding="utf-8"), path


TOOLS = [
    ("ruff", "check", "--no-cache", "."),
    ("ruff", "format", "--check", "--no-cache", "."),
    ("djlint", "--lint", "--quiet", "."),
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: " ".join(tool[:2]))
@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
def test_the_linters_are_content(site: Site, tool: tuple[str, ...], tree: str) -> None:
    done = site.tool(*tool, cwd=site.path if tree == "rendered" else TEMPLATE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
def test_the_types_are_right(site: Site, tmp_path: Path, tree: str) -> None:
    done = site.tool(
        "mypy", f"--cache-dir={tmp_path}", ".", cwd=site.path if tree == "rendered" else TEMPLATE, DEBUG="True"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
@pytest.mark.parametrize(
    "command", [("makemigrations", "--check", "--dry-run"), ("check", "--deploy", "--fail-level", "WARNING")]
)
def test_django_is_content(site: Site, tree: str, command: tuple[str, ...]) -> None:
    environment = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}
    done = site.manage(*command, cwd=site.path if tree == "rendered" else TEMPLATE, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_own_code_is_clean() -> None:
    folders = ("hooks", "tests", "docs", "benchmarks")
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", *folders]):
        done = run("python", "-m", *command, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
