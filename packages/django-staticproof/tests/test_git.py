"""Rule L8: a referenced file that git ignores. Asked of a real repository."""

import subprocess

import pytest

from .analyser import Analyser
from .conftest import Project


@pytest.fixture
def repository(project: Project) -> Project:
    git(project, "init", "--quiet")
    return project


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(project.root), *arguments], check=True, capture_output=True)


def found(analyser: Analyser, project: Project) -> list[tuple[str, str, int | None]]:
    findings = analyser.run(project.root)["findings"]
    return [(finding["id"], finding["file"], finding["line"]) for finding in findings]


def test_an_ignored_file_that_is_referenced(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "*.pyc\nimgs/\n")
    # One finding for each file: the stylesheet's image and the home page's.
    assert found(analyser, repository) == [("staticproof.E068", ".gitignore", 2)] * 2


def test_an_ignored_file_that_nobody_references(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "dist/\n")
    repository.write("static/dist/a.css", "a{}")
    assert found(analyser, repository) == []


def test_a_file_that_git_follows_all_the_same(repository: Project, analyser: Analyser) -> None:
    git(repository, "add", ".")
    repository.write(".gitignore", "imgs/\n")
    assert found(analyser, repository) == []


def test_a_file_taken_back_in(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "*.svg\n!static/imgs/paper.svg\n!dot.svg\n")
    assert found(analyser, repository) == []


def test_rules_of_a_folder_and_of_a_larger_repository(project: Project, analyser: Analyser) -> None:
    above = Project(project.root.parent)
    git(above, "init", "--quiet")
    project.write("static/.gitignore", "\ncss\n")
    assert found(analyser, project) == [("staticproof.E068", "static/.gitignore", 2)]
    above.write(".gitignore", "paper.svg\n")
    assert ("staticproof.E068", "static/css/site.css", 1) in found(analyser, project)


def test_a_site_inside_an_ignored_folder(project: Project, analyser: Analyser) -> None:
    above = Project(project.root.parent)
    git(above, "init", "--quiet")
    above.write(".gitignore", "project/\n")
    assert found(analyser, project) == []


def test_without_a_repository(project: Project, analyser: Analyser) -> None:
    project.write(".gitignore", "imgs/\n")
    assert found(analyser, project) == []
