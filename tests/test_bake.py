"""The files of a generated site, their limits, and the tools that check them."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PRODUCTION, ROOT, TEMPLATE, Site, generate, run

# The hook and the site's tools create these. git ignores all of them except uv.lock.
MADE_BY_TOOLS = {".env", "uv.lock", ".venv", "staticfiles"}
ANSWERS = ("author_name=Ada", "author_email=ada@example.org", "domain_name=example.org")


def template_files() -> set[str]:
    """Return the template's files: those that git tracks, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", TEMPLATE.name]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return {Path(name).relative_to(TEMPLATE.name).as_posix() for name in listed if name and (ROOT / name).is_file()}


def site_files(site: Site) -> Iterator[Path]:
    """Yield the site's files, without bytecode and without MADE_BY_TOOLS."""
    for path in sorted(site.path.rglob("*")):
        parts = path.relative_to(site.path).parts
        if path.is_file() and parts[0] not in MADE_BY_TOOLS and "__pycache__" not in parts:
            yield path


def text_files(site: Site) -> Iterator[tuple[Path, str]]:
    for path in site_files(site):
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


# --- Files ----------------------------------------------------------------------------------------------------------


def test_the_site_has_exactly_the_expected_files(site: Site) -> None:
    """When you add or remove a file of the template, update generated_files.txt."""
    generated = [path.relative_to(site.path).as_posix() for path in site_files(site)]
    assert generated == (ROOT / "tests" / "generated_files.txt").read_text(encoding="utf-8").splitlines()
    assert {name for name in MADE_BY_TOOLS if (site.path / name).exists()} == MADE_BY_TOOLS


def test_the_site_is_small(site: Site) -> None:
    """An owner should be able to read the site in half an hour."""
    lines = {
        path.relative_to(site.path): len(path.read_text(encoding="utf-8").splitlines())
        for path in site_files(site)
        if path.suffix == ".py"
    }
    tests = {path for path in lines if path.parts[0] in ("tests", "conftest.py")}
    code = {path for path in lines if path not in tests and "migrations" not in path.parts}
    assert len(list(site_files(site))) < 160
    assert sum(lines[path] for path in code) < 1500
    assert sum(lines[path] for path in tests) < 1200


def test_the_packages_are_not_copied_into_the_site(site: Site) -> None:
    assert not (site.path / "staticproof").exists()
    assert not (site.path / "edge").exists()


def test_the_template_folder_holds_no_other_files() -> None:
    """Cookiecutter copies every file of the folder into a site, including files that git ignores."""
    assert {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()} == template_files()


def test_no_jinja_is_left(site: Site) -> None:
    for path, text in text_files(site):
        assert "cookiecutter." not in text, path
        assert "# cc:" not in text, path


def test_files_end_with_one_newline_and_lines_without_spaces(site: Site) -> None:
    for path, text in text_files(site):
        if text and "LICENSE" not in path.name and path.suffix != ".svg":
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
            assert "\n\n\n\n" not in text, path


def test_no_tracked_file_has_the_secret_key(site: Site) -> None:
    key = re.search(r"^SECRET_KEY=(\S{50,})$", (site.path / ".env").read_text(), re.MULTILINE)
    assert key is not None
    for path, text in text_files(site):
        assert key[1] not in text, path


def test_the_hook_finds_every_variable_in_the_example(site: Site) -> None:
    """`.env.example` has one line for each variable that config/environment.py declares."""
    example = (site.path / ".env.example").read_text(encoding="utf-8")
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE)
    code = "from config.environment import VARIABLES; print(*[variable.name for variable in VARIABLES])"
    declared = run(site.python, "-c", code, cwd=site.path).stdout.split()
    assert sorted(names) == sorted(declared)
    assert {"DEBUG", "SECRET_KEY", "DATABASE_URL"} <= set(names)


# --- Private attributes ---------------------------------------------------------------------------------------------

# `Model._meta` is documented: https://docs.djangoproject.com/en/stable/ref/models/meta/
PUBLIC = {"_meta"}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def private_names_of(packages: list[Path]) -> set[str]:
    """Return the private attributes and methods that the packages define."""
    pattern = re.compile(
        r"^ +(?:async )?def (_[a-zA-Z]\w*)\(|\bself\.(_[a-zA-Z]\w*) =|^ +(_[a-zA-Z]\w*) = ", re.MULTILINE
    )
    found: set[str] = set()
    for package in packages:
        for path in package.rglob("*.py"):
            found |= {name for names in pattern.findall(path.read_text(encoding="utf-8")) for name in names if name}
    return found


def used_private_names(source: str) -> set[str]:
    """Return the private attributes that the code reads, except those that its own classes define or set."""
    found: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            is_set = isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self"
            (own if is_set else found).add(node.attr)
        elif isinstance(node, ast.ClassDef):
            own |= {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
            found |= {str(part.value) for part in node.args if isinstance(part, ast.Constant)}
    return {name for name in found - own if private(name)}


def imported_private_names(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found |= {*(node.module or "").split("."), *(name.name for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {part for name in node.names for part in name.name.split(".")}
    return {name for name in found if private(name)}


def test_the_site_uses_no_private_attribute_of_its_dependencies(site: Site) -> None:
    packages = [
        path
        for name in ("django", "gunicorn", "whitenoise", "whitenoise_edge", "staticproof")
        for path in site.path.glob(f".venv/**/site-packages/{name}")
    ]
    assert len(packages) == 5
    theirs = private_names_of(packages)
    assert {"_middleware_chain", "_post_process"} <= theirs
    for path in site_files(site):
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
            assert used_private_names(source) & theirs == set(), path
            assert imported_private_names(source) == set(), path


def test_a_private_attribute_would_be_found() -> None:
    assert used_private_names("application._middleware_chain") == {"_middleware_chain"}
    assert used_private_names("class Own:\n    def _send(self): self._send()") == set()
    assert imported_private_names("from django.utils._os import safe_join") == {"_os"}
    assert used_private_names("Page._meta.fields") == set()


OVERRIDDEN = """
import inspect, importlib, sys, django
django.setup()
for name in sys.argv[1:]:
    for label, cls in inspect.getmembers(importlib.import_module(name), inspect.isclass):
        if cls.__module__ == name:
            for base in cls.__mro__[1:-1]:
                for attribute in vars(cls).keys() & vars(base).keys():
                    if attribute.startswith("_") and not attribute.startswith("__"):
                        print(f"{name}.{label}.{attribute} of {base.__module__}")
"""
# Metaclasses of Django's models and of `abc` set these on each class.
SET_BY_METACLASSES = {"_meta", "_default_manager", "_base_manager", "_abc_impl"}


def test_the_site_overrides_no_private_method_of_its_dependencies(site: Site) -> None:
    modules = [
        ".".join(path.relative_to(site.path).with_suffix("").parts)
        for path in site_files(site)
        if path.suffix == ".py" and path.relative_to(site.path).parts[0] in ("accounts", "config", "core", "pages")
    ]
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = run(site.python, "-c", OVERRIDDEN, *modules, cwd=site.path, **environment)
    assert done.returncode == 0, done.stderr
    overridden = [line for line in done.stdout.splitlines() if line.split()[0].split(".")[-1] not in SET_BY_METACLASSES]
    assert overridden == []


# --- Tools ----------------------------------------------------------------------------------------------------------

TOOLS = [
    ("ruff", "check", "--no-cache", "."),
    ("ruff", "format", "--check", "--no-cache", "."),
    ("djlint", "--lint", "--quiet", "."),
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: " ".join(tool[:2]))
@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
def test_linters_find_nothing(site: Site, tool: tuple[str, ...], tree: str) -> None:
    done = site.tool(*tool, cwd=site.path if tree == "rendered" else TEMPLATE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
def test_mypy_finds_nothing(site: Site, tmp_path: Path, tree: str) -> None:
    cwd = site.path if tree == "rendered" else TEMPLATE
    done = site.tool("mypy", f"--cache-dir={tmp_path}", ".", cwd=cwd, DEBUG="True")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tree", ["rendered", "unrendered"])
def test_no_migration_is_missing(site: Site, tree: str) -> None:
    cwd = site.path if tree == "rendered" else TEMPLATE
    environment = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}
    done = site.manage("makemigrations", "--check", "--dry-run", cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_deploy_finds_nothing_in_a_site_with_real_answers(site: Site, tmp_path: Path) -> None:
    generated = generate(tmp_path / "sites", *ANSWERS, "--accept-hooks", "no")
    assert generated.returncode == 0, generated.stderr
    environment = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}
    command = ("check", "--deploy", "--fail-level", "WARNING")
    done = site.manage(*command, cwd=tmp_path / "sites" / "my-site", **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_deploy_reports_example_answers(site: Site) -> None:
    environment = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}
    done = site.manage("check", "--deploy", "--fail-level", "WARNING", cwd=site.path, **environment)
    assert done.returncode == 1
    assert set(re.findall(r"\((\w+\.[A-Z]\d+)\)", done.stdout + done.stderr)) == {"core.W003"}


def test_our_own_code_passes_its_linters() -> None:
    folders = ("hooks", "local_extensions.py", "packages/build_wheels.py", "tests", "docs", "benchmarks")
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", *folders]):
        done = run("python", "-m", *command, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["django-staticproof", "whitenoise-edge"])
def test_the_packages_pass_their_linters(package: str) -> None:
    folder = ROOT / "packages" / package
    for command in (["check", "."], ["format", "--check", "."]):
        done = run("python", "-m", "ruff", *command, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
