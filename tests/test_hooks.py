"""The post-generation hook: a proven site, a site that is kept without a proof, and a failed generation."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PRODUCTION, ROOT, TEMPLATE, UV, Site, fresh_template, generate, run


def test_the_default_site_is_proven(site: Site) -> None:
    assert "Proven, as production serves it" in site.output
    assert "Traceback" not in site.output


def test_the_env_file_has_a_key_and_every_other_line_of_the_example(site: Site) -> None:
    env = (site.path / ".env").read_text(encoding="utf-8").splitlines()
    example = (site.path / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in env if line not in example] == [line for line in env if line.startswith("SECRET_KEY=")]
    assert len(env) == len(example)


# --- An existing folder ---------------------------------------------------------------------------------------------


def test_a_second_run_refuses_and_changes_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "sites" / "my-site" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    again = generate(tmp_path / "sites")
    assert again.returncode != 0
    assert "already exists" in again.stdout + again.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_a_forced_run_keeps_files_that_are_not_the_templates(copy: Site) -> None:
    mine = {"notes.txt": "mine", "static/imgs/mine.svg": "<svg/>", "blog/models.py": "", ".env": "SECRET_KEY=mine\n"}
    for name, text in mine.items():
        (copy.path / name).parent.mkdir(parents=True, exist_ok=True)
        (copy.path / name).write_text(text)
    forced = generate(copy.path.parent, "--overwrite-if-exists")
    assert forced.returncode == 0, forced.stdout + forced.stderr
    for name, text in mine.items():
        assert (copy.path / name).read_text() == text, name


# --- Not proven -----------------------------------------------------------------------------------------------------


def assert_kept_but_not_proven(tmp_path: Path, generated: subprocess.CompletedProcess[str], reason: str) -> None:
    output = generated.stdout + generated.stderr
    assert generated.returncode == 0, output
    assert "NOT PROVEN" in output
    assert reason in output
    assert "uv sync" in output
    assert "uv run manage.py provestatic" in output
    assert "Traceback" not in output
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


def test_without_a_suitable_python_the_project_stays(tmp_path: Path) -> None:
    generated = generate(tmp_path / "sites", UV_PYTHON="3.99", UV_PYTHON_DOWNLOADS="never")
    assert_kept_but_not_proven(tmp_path, generated, "3.99")


def test_a_report_with_another_version_is_explained(tmp_path: Path) -> None:
    """The hook and the package can have different versions, for example after an update of the package."""
    template = shutil.copytree(fresh_template(), tmp_path / "template")
    (template / TEMPLATE.name / "staticproof.py").write_text(STAND_IN)
    generated = generate(tmp_path / "sites", template=template)
    reason = "provestatic wrote a report of version 2, and this template reads version 1"
    assert_kept_but_not_proven(tmp_path, generated, reason)


STAND_IN = """\
if __name__ == "__main__":
    print('{"version": 2, "ok": true}')
"""


def test_variables_of_other_projects_change_nothing(tmp_path: Path) -> None:
    shim = {"VIRTUAL_ENV": str(tmp_path / "other"), "PYENV_VERSION": "2.7", "PYENV_DIR": str(tmp_path)}
    another = {"DATABASE_URL": "nonsense", "REDIS_URL": "nonsense", "LOG_LEVEL": "trace", "STATIC_HOST": "nonsense"}
    another |= {"DJANGO_SETTINGS_MODULE": "other.settings", "PYTHONPATH": str(tmp_path)}
    generated = generate(tmp_path / "sites", template=fresh_template(), **shim, **another)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "Proven, as production serves it" in generated.stdout


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a shell script")
def test_uv_gets_no_variable_that_hides_the_interpreter(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\nenv > "{tmp_path}/environment"\nexit 1\n')
    uv.chmod(0o755)
    shim = {"VIRTUAL_ENV": "/other", "PYENV_VERSION": "2.7", "PYENV_DIR": "/other", "DATABASE_URL": "nonsense"}
    generate(tmp_path / "sites", template=fresh_template(), UV=str(uv), KEPT="1", **shim)
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert "KEPT" in names
    assert names & shim.keys() == set()


def test_uv_is_found_on_the_path(tmp_path: Path) -> None:
    """`uv run` sets the variable UV. A Cookiecutter that pipx installed runs without it."""
    path = os.pathsep.join([str(Path(shutil.which(UV) or "").parent), os.environ["PATH"]])
    generated = generate(tmp_path / "sites", UV="", PATH=path)
    assert "Proven, as production serves it" in generated.stdout, generated.stdout + generated.stderr


def test_a_moved_site_installs_from_its_lock(site: Site, tmp_path: Path) -> None:
    """uv.lock records the wheels in `vendor/` by their relative paths. Production installs no development group."""
    moved = tmp_path / "elsewhere"
    shutil.copytree(site.path, moved, ignore=shutil.ignore_patterns(".venv", "staticfiles"))
    done = run(UV, "sync", "--locked", "--no-default-groups", cwd=moved)
    assert done.returncode == 0, done.stderr
    installed = {path.name for path in moved.glob(".venv/**/site-packages/*") if path.is_dir()}
    assert "whitenoise_edge" in installed
    assert "staticproof" not in installed
    collected = Site(moved, "").manage("collectstatic", "--no-input", cwd=moved, **PRODUCTION)
    assert collected.returncode == 0, collected.stderr


def test_without_hooks_the_site_still_works(site: Site, tmp_path: Path) -> None:
    generated = generate(tmp_path / "sites", "--accept-hooks", "no")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    checked = site.manage("check", cwd=tmp_path / "sites" / "my-site", DATABASE_URL="sqlite://:memory:")
    assert checked.returncode == 0, checked.stderr


# --- Failed ---------------------------------------------------------------------------------------------------------


def hook_output(generated: subprocess.CompletedProcess[str]) -> str:
    """Return the output up to Cookiecutter's own report, which has a traceback."""
    return generated.stdout.partition("Stopping generation")[0]


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
    output = generated.stdout + generated.stderr
    assert generated.returncode != 0, output
    assert f"{file}:{line}:" in output
    assert "Traceback" not in hook_output(generated)
    assert not list((tmp_path / "sites").iterdir()), "a failed generation left files behind"


def test_a_fault_that_only_collectstatic_finds_fails_the_generation(
    faulty_template: Callable[..., Path], tmp_path: Path
) -> None:
    template = faulty_template("config/settings.py", 'BASE_DIR / "staticfiles"', 'BASE_DIR / "manage.py" / "below"')
    generated = generate(tmp_path / "sites", template=template)
    output = generated.stdout + generated.stderr
    assert generated.returncode != 0, output
    assert "Not a directory" in output
    assert "Traceback" not in hook_output(generated)
    assert not list((tmp_path / "sites").iterdir()), "a failed generation left files behind"


# --- Cookiecutter's interpreter -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["pre_gen_project.py", "post_gen_project.py"])
def test_the_hooks_need_the_standard_library_only(hook: str) -> None:
    tree = ast.parse((ROOT / "hooks" / hook).read_text(encoding="utf-8"), feature_version=(3, 10))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
