"""The table `[tool.staticproof]` of `pyproject.toml`, and the same options on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from staticproof import config
from staticproof.config import read
from staticproof.findings import Finding, Level
from staticproof.management.commands.provestatic import Command
from staticproof.project import base_dir

from .analyser import Analyser
from .conftest import Project

WRONG = {
    'ignroe = ["009"]': "'ignroe' in [tool.staticproof]: There is no such key. Did you mean 'ignore'?",
    'output = "a"': "'output' in [tool.staticproof]: There is no such key.",
    'ignore = ["E9"]': "'ignore' in [tool.staticproof]: 'E9' is not a rule. Did you mean '009'?",
    'fail-level = "error"': "'fail-level' in [tool.staticproof]: 'error' is not one of ERROR, WARNING, INFO. "
    "Did you mean 'ERROR'?",
    'as-if = "manifset"': "'as-if' in [tool.staticproof]: 'manifset' is not one of plain, manifest, hashed. "
    "Did you mean 'manifest'?",
    'with-data = "yes"': "'with-data' in [tool.staticproof]: It needs true or false, not 'yes'.",
    "login = 1": "'login' in [tool.staticproof]: It needs a string, not 1.",
    'per-file-ignores = ["022"]': "'per-file-ignores' in [tool.staticproof]: It needs a table such as "
    '{ "static/vendor/*" = ["022"] }.',
}
TWO_FAULTS = """\
{% load static %}
<img src="{% static 'imgs/papre.svg' %}" alt=""><img src="{% static post.image %}" alt="">
"""


def write(folder: Path, lines: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(f'[tool.ruff]\nignore = ["E501"]\n\n[tool.staticproof]\n{lines}\n', encoding="utf-8")
    return path


@pytest.mark.parametrize(("line", "message"), WRONG.items(), ids=WRONG)
def test_a_wrong_key_or_value_is_an_error_with_a_suggestion(line: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"per-file-ignores = {{}}\n{line}" if "per-file" not in line else f"select = []\n{line}")
    with pytest.raises(ValueError, match=r"pyproject\.toml:6: ") as caught:
        read(tmp_path)
    assert str(caught.value) == f"{path}:6: {message}"


def test_the_values_have_the_form_of_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, 'select = "004"\nlimit = 200\nbaseline = "base.json"\nper-file-ignores = { "a/*" = ["E004,005"] }')
    assert read(tmp_path) == {
        "select": ["004"],
        "limit": ["200"],
        "baseline": str(tmp_path / "base.json"),
        "per-file-ignores": {"a/*": ["E004", "005"]},
    }


def test_the_nearest_table_up_to_the_root_of_the_repository_counts(tmp_path: Path) -> None:
    inner = tmp_path / "repository/backend"
    inner.mkdir(parents=True)
    write(tmp_path, 'login = "outside"')
    assert read(inner) == {"login": "outside"}
    (tmp_path / "repository/.git").mkdir()
    assert read(inner) == {}
    write(tmp_path / "repository", 'login = "repository"')
    (inner / "pyproject.toml").write_text("[tool.ruff]\n", encoding="utf-8")
    assert read(inner) == {"login": "repository"}


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    write(tmp_path, "ignore = [")
    with pytest.raises(ValueError, match=r"pyproject\.toml is not valid TOML: "):
        read(tmp_path)


def test_every_key_is_an_option_with_the_same_choices() -> None:
    actions = {action.dest: action for action in Command().create_parser("manage.py", "provestatic")._actions}
    for key, kind in config.KEYS.items():
        if key != "per-file-ignores":  # a table has no form on the command line
            action = actions[key.replace("-", "_")]
            assert action.default is None
            assert action.choices == (kind if isinstance(kind, tuple) else None)


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        ({}, ""),
        ({"ignore": ["E004"]}, "a4 b4"),
        ({"select": ["W004"]}, "a5 5"),
        ({"select": ["004", "005"], "ignore": ["005"]}, "a5 5"),
        ({"exclude": ["static/a*"]}, "a4 a5"),
        ({"exclude": ["static"]}, "a4 a5 b4"),
        ({"exclude": ["a.css", "stat"]}, ""),
        ({"per-file-ignores": {"*.css": ["005"], "static/b.css": ["004"]}}, "a5 b4"),
    ],
)
def test_a_choice_hides_rules_and_files(values: dict[str, Any], hidden: str) -> None:
    static = base_dir() / "static"
    findings = {
        "a4": Finding(4, Level.ERROR, "", "", static / "a.css"),
        "a5": Finding(5, Level.ERROR, "", "", static / "a.css"),
        "b4": Finding(4, Level.ERROR, "", "", static / "b.css"),
        "5": Finding(5, Level.ERROR, ""),
        "109": Finding(109, Level.ERROR, "", "", base_dir() / "pyproject.toml"),
    }
    choice = config.Choice.of(values)
    assert {name for name, finding in findings.items() if choice.hides(finding)} == set(hidden.split())


def test_the_system_checks_use_the_configuration(project: Project, analyser: Analyser) -> None:
    project.write("blog/templates/blog/home.html", TWO_FAULTS)

    def ids() -> list[str]:
        return [finding["id"].removeprefix("staticproof.") for finding in analyser.run(project.root)["findings"]]

    assert ids() == ["E004", "W009"]
    write(project.root, 'ignore = ["009"]')
    assert ids() == ["E004"]
    write(project.root, 'per-file-ignores = { "blog/templates" = ["E004"] }')
    assert ids() == ["W009"]
    write(project.root, 'exclud = ["blog/*"]')
    result = analyser.run(project.root, messages=True)
    assert ids() == ["E109", "E004", "W009"]
    assert any("Did you mean 'exclude'?" in message for message in result["messages"])


def test_the_proof_uses_the_configuration_and_the_command_line_replaces_it(project: Project) -> None:
    project.write("blog/templates/blog/home.html", TWO_FAULTS)
    write(project.root, 'select = ["004"]\nfail-level = "WARNING"\nformat = "json"')

    def ids(*options: str) -> tuple[list[str], int]:
        done = project.manage("provestatic", *options)
        found = json.loads(done.stdout)["findings"]
        return [finding["id"].removeprefix("staticproof.") for finding in found], done.returncode

    assert ids() == (["E004"], 1)
    assert ids("--select", "009") == (["W009"], 1)
    assert ids("--select", "009", "--fail-level", "ERROR") == (["W009"], 0)
    assert ids("--select", "004,009", "--ignore", "E004", "--ignore", "W009") == ([], 0)
    assert ids("--exclude", "blog/*") == ([], 0)


@pytest.mark.parametrize("options", [["--select", "E04"], ["--exclude", "/blog/*"], ["--limit", "many"], ["--wait"]])
def test_a_wrong_option_is_not_a_finding(options: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("provestatic", *options)
    assert caught.value.returncode == 2


def test_a_wrong_configuration_stops_the_proof(project: Project) -> None:
    path = write(project.root, "ignroe = []")
    done = project.manage("provestatic")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:5: 'ignroe' in [tool.staticproof]: There is no such key. Did you mean 'ignore'?" in done.stderr
