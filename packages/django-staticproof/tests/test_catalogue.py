"""The page of each rule is complete and true: its example gives the finding, and what to write instead does not."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from staticproof.catalogue import FOLDER, explain, number_of, rules

from .analyser import Analyser
from .conftest import FILES, Project, inherited
from .prover import Prover

RULES = rules()
INDEX = Path(__file__).resolve().parent.parent / "docs/rules.md"
SECTIONS = ["What it finds", "Why that breaks", "Example", "Write instead", "Storage"]
SERVED = range(84, 91)  # rules that need a complete proof
CHECKED = {100: ["--deploy"], 110: []}  # rules of the system checks alone, and the options of `check`
BLOCK = re.compile(r"(?:In `(?P<path>[^`]+)`:\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
STORAGES = {"plain": "Plain", "manifest": "Manifest", "hashed": "Only hashed files"}
WORDS = {"E": "error", "W": "warning", "I": "note"}


def section(number: int, title: str) -> str:
    """Return a section of the page of a rule."""
    return f"{RULES[number].page}\n## ".partition(f"\n## {title}\n\n")[2].partition("\n## ")[0]


def follow(number: int, title: str, project: Project) -> None:
    """Write the files and run the commands of a section. Lines for the settings are added to the settings."""
    blocks = list(BLOCK.finditer(section(number, title)))
    assert blocks
    for block in blocks:
        path, text = block["path"], block["text"]
        if path is None:
            assert block["language"] == "sh"
            environment = project.environment()
            environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
            subprocess.run(["sh", "-ec", text], cwd=project.root, env=environment, check=True, capture_output=True)
        else:
            project.write(path, (FILES[path] + "\n" if path == "mysite/settings.py" else "") + text)


def ids(number: int, project: Project, analyser: Analyser, prover: Prover, as_if: str | None = None) -> list[str]:
    """Return the ids of the findings in the project, by the part of the proof that checks this rule."""
    if number in CHECKED:
        done = project.manage("check", "--tag", "staticproof", *CHECKED[number])
        return re.findall(r"staticproof\.(\w\d{3})", done.stderr)
    found: Any
    if number in SERVED:
        found = prover.prove(project.root, collected="collectstatic" in section(number, "Example"))["findings"]
    else:
        found = analyser.run(project.root, third_party=True, as_if=as_if)["findings"]
    return [finding["id"].removeprefix("staticproof.") for finding in found]


@pytest.mark.parametrize("number", RULES)
def test_the_example_has_the_finding_and_what_to_write_instead_has_none(
    number: int, project: Project, analyser: Analyser, prover: Prover
) -> None:
    if ".gitignore" in section(number, "Example"):
        subprocess.run(["git", "-C", str(project.root), "init", "--quiet"], check=True)
    follow(number, "Example", project)
    assert f"{number:03d}" in {id[1:] for id in ids(number, project, analyser, prover)}
    if number not in CHECKED and number not in SERVED:
        levels = []
        for as_if, name in STORAGES.items():
            letters = {id[0] for id in ids(number, project, analyser, prover, as_if) if int(id[1:]) == number}
            levels.append(f"{name}: {' or '.join(WORDS[letter] for letter in sorted(letters)) or 'no finding'}.")
        assert " ".join(levels) in section(number, "Storage")
    follow(number, "Write instead", project)
    left = ids(number, project, analyser, prover)
    assert [id for id in left if id[0] != "I" or number == 107] == []  # rule 107 itself is a note


@pytest.mark.parametrize("number", RULES)
def test_a_page_is_complete(number: int) -> None:
    rule = RULES[number]
    assert re.findall(r"^## (.+)$", rule.page, re.MULTILINE) == SECTIONS
    assert all(section(number, title).strip() for title in SECTIONS)
    assert max(map(len, rule.page.splitlines())) <= 120
    assert rule.remedy.endswith(".")
    assert not rule.title.endswith(".")


def test_the_index_in_the_docs_lists_every_page() -> None:
    rows = [
        f"| [{number:03d}](../src/staticproof/rules/{number:03d}.md) | {rule.row} | {rule.title} | {rule.remedy} |"
        for number, rule in RULES.items()
    ]
    text = INDEX.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if re.match(r"\| \[\d", line)] == rows
    assert all((FOLDER / f"{number:03d}.md").is_file() for number in RULES)


def test_every_rule_of_the_code_has_a_page() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    used = {
        int(number)
        for number in re.findall(r"(?:Finding|Verdict|Unreadable|add|[Ff]ault)\((?:run, )?\s*(\d{1,3}),", source)
    }
    assert len(used) > 20
    assert used <= set(RULES)


@pytest.mark.parametrize("name", ["004", "E004", "i004", "staticproof.W004"])
def test_a_rule_is_explained_by_its_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain([name]) == 0
    assert capsys.readouterr().out == RULES[4].page


def test_the_command_needs_no_project(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "staticproof", "rule"]
    done = subprocess.run([*command, "E004"], cwd=tmp_path, env=inherited(), capture_output=True, text=True, check=True)
    assert done.stdout == RULES[4].page
    wrong = subprocess.run(
        [*command, "E999"], cwd=tmp_path, env=inherited(), capture_output=True, text=True, check=False
    )
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_without_a_name_all_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [f"{number:03d}" for number in RULES]


@pytest.mark.parametrize(("name", "meant"), [("E04", "004"), ("0004", "004"), ("E108", "1"), ("static", "")])
def test_an_unknown_rule_is_an_error_with_a_suggestion(
    name: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain([name]) == 2
    error = capsys.readouterr().err
    assert f"'{name}' is not a rule." in error
    assert f"Did you mean '{meant}" in error if meant else "Did you mean" not in error
    with pytest.raises(ValueError, match="is not a rule"):
        number_of(name)
