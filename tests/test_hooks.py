"""The hooks refuse, degrade or fail, each where it should."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Site, generate


def test_the_default_site_is_proven(site: Site) -> None:
    assert "Proven, as production serves it" in site.output
    assert "Traceback" not in site.output


def test_the_site_is_left_without_bytecode_of_its_own(site: Site) -> None:
    own = [path for path in site.path.rglob("__pycache__") if ".venv" not in path.parts]
    assert not own, own


# --- Refuse ---------------------------------------------------------------------------------------------------------


def test_a_second_run_refuses_and_touches_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "sites" / "my-site" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    again = generate(tmp_path / "sites")
    assert again.returncode != 0
    assert "already exists" in again.stdout + again.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_force_over_an_existing_site_keeps_what_the_template_does_not_own(copy: Site) -> None:
    mine = {"notes.txt": "mine", "static/imgs/mine.svg": "<svg/>", "blog/models.py": "", ".env": "SECRET_KEY=mine\n"}
    for name, text in mine.items():
        (copy.path / name).parent.mkdir(parents=True, exist_ok=True)
        (copy.path / name).write_text(text)
    forced = generate(copy.path.parent, "--overwrite-if-exists")
    assert forced.returncode == 0, forced.stdout + forced.stderr
    for name, text in mine.items():
        assert (copy.path / name).read_text() == text, name


# --- Degrade --------------------------------------------------------------------------------------------------------


def assert_kept_but_not_proven(tmp_path: Path, generated: subprocess.CompletedProcess[str], reason: str) -> None:
    said = generated.stdout + generated.stderr
    assert generated.returncode == 0, said
    assert "NOT PROVEN" in said
    assert reason in said
    assert "uv sync" in said
    assert "uv run manage.py provestatic" in said
    assert "Traceback" not in said
    assert (tmp_path / "sites" / "my-site" / "manage.py").is_file()


def test_without_uv_the_project_stays(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "")
    generated = generate(tmp_path / "sites", PATH=str(tools), UV="")
    assert_kept_but_not_proven(tmp_path, generated, "uv")


def test_without_a_network_the_project_stays(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    generated = generate(
        tmp_path / "sites", UV_DEFAULT_INDEX=nowhere, UV_HTTP_RETRIES="0", UV_CACHE_DIR=str(tmp_path / "cache")
    )
    assert_kept_but_not_proven(tmp_path, generated, nowhere)


def test_without_a_fitting_python_the_project_stays(tmp_path: Path) -> None:
    generated = generate(tmp_path / "sites", UV_PYTHON="3.99", UV_PYTHON_DOWNLOADS="never")
    assert_kept_but_not_proven(tmp_path, generated, "3.99")


def test_what_the_shell_says_of_other_sites_decides_nothing(tmp_path: Path) -> None:
    """What a pyenv shim hands on would hide the interpreter; the rest belongs to sites that are there already."""
    shim = {"VIRTUAL_ENV": str(tmp_path / "other"), "PYENV_VERSION": "2.7", "PYENV_DIR": str(tmp_path)}
    another = {"DATABASE_URL": "nonsense", "REDIS_URL": "nonsense", "LOG_LEVEL": "trace", "STATIC_HOST": "nonsense"}
    generated = generate(tmp_path / "sites", template=ROOT, **shim, **another)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "Proven, as production serves it" in generated.stdout


def test_without_hooks_the_site_still_works(site: Site, tmp_path: Path) -> None:
    generated = generate(tmp_path / "sites", "--accept-hooks", "no")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    checked = site.manage("check", cwd=tmp_path / "sites" / "my-site", DATABASE_URL="sqlite://:memory:")
    assert checked.returncode == 0, checked.stderr


# --- Fail -----------------------------------------------------------------------------------------------------------

FAULTS = {
    "a wrong path in base.html": ("templates/base.html", "css/site.css", "css/stie.css"),
    "a url() to nowhere": ("static/css/site.css", "{", "{ background: url(../imgs/nowhere.png);"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_the_generation(faulty_template: Callable[..., Path], tmp_path: Path, fault: str) -> None:
    file, old, new = FAULTS[fault]
    template = faulty_template(file, old, new)
    planted = (template / "{{cookiecutter.project_slug}}" / file).read_text(encoding="utf-8")
    line = planted[: planted.index(new)].count("\n") + 1
    generated = generate(tmp_path / "sites", template=template)
    said = generated.stdout + generated.stderr
    assert generated.returncode != 0, said
    assert f"{file}:{line}:" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "sites").iterdir()), "a failed generation left something behind"


def test_what_only_collectstatic_meets_fails_the_generation(
    faulty_template: Callable[..., Path], tmp_path: Path
) -> None:
    template = faulty_template("config/settings.py", 'BASE_DIR / "staticfiles"', 'BASE_DIR / "manage.py" / "below"')
    generated = generate(tmp_path / "sites", template=template)
    said = generated.stdout + generated.stderr
    assert generated.returncode != 0, said
    assert "Not a directory" in said
    assert "Traceback" not in generated.stdout
    assert not list((tmp_path / "sites").iterdir()), "a failed generation left something behind"


# --- Cookiecutter's interpreter -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["pre_gen_project.py", "post_gen_project.py"])
def test_the_hooks_need_the_standard_library_only(hook: str) -> None:
    tree = ast.parse((ROOT / "hooks" / hook).read_text(encoding="utf-8"), feature_version=(3, 10))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
