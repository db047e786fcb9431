"""Rule L8: a referenced file that git ignores, in a real repository."""

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
    # One finding for the pattern, which ignores the image of the stylesheet and the image of the home page.
    (finding,) = analyser.run(repository.root)["findings"]
    assert (finding["id"], finding["file"], finding["line"]) == ("staticproof.E068", ".gitignore", 2)
    assert "and 1 more file with the pattern 'imgs/'" in finding["message"]


def test_an_ignored_file_without_references(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "dist/\n")
    repository.write("static/dist/a.css", "a{}")
    assert found(analyser, repository) == []


def test_a_tracked_file_that_matches_an_ignore_pattern(repository: Project, analyser: Analyser) -> None:
    git(repository, "add", ".")
    repository.write(".gitignore", "imgs/\n")
    assert found(analyser, repository) == []


def test_a_file_that_a_pattern_includes_again(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "*.svg\n!static/imgs/paper.svg\n!dot.svg\n")
    assert found(analyser, repository) == []


def test_rules_of_a_folder_and_of_a_larger_repository(project: Project, analyser: Analyser) -> None:
    above = Project(project.root.parent)
    git(above, "init", "--quiet")
    project.write("static/.gitignore", "\ncss\n")
    assert found(analyser, project) == [("staticproof.E068", "static/.gitignore", 2)]
    above.write(".gitignore", "paper.svg\n")
    assert ("staticproof.E068", str(above.root / ".gitignore"), 1) in found(analyser, project)


def test_a_site_inside_an_ignored_folder(project: Project, analyser: Analyser) -> None:
    above = Project(project.root.parent)
    git(above, "init", "--quiet")
    above.write(".gitignore", "project/\n")
    assert found(analyser, project) == []


def test_apps_of_the_repository_next_to_base_dir_are_own(project: Project, analyser: Analyser) -> None:
    settings = (project.root / "mysite/settings.py").read_text(encoding="utf-8").replace("BASE_DIR", "REPOSITORY")
    project.write("mysite/settings.py", settings.replace("DEBUG =", 'BASE_DIR = REPOSITORY / "mysite"\nDEBUG =', 1))
    project.write("blog/templates/blog/home.html", "{% load static %}{% static 'no.svg' %}")
    project.write("blog/extra.py", "LOGO = '/static/no.svg'\n")
    assert found(analyser, project) == []
    git(project, "init", "--quiet")
    assert found(analyser, project) == [
        ("staticproof.E022", "blog/extra.py", 1),
        ("staticproof.E004", "blog/templates/blog/home.html", 1),
    ]


def test_without_a_repository(project: Project, analyser: Analyser) -> None:
    project.write(".gitignore", "imgs/\n")
    assert found(analyser, project) == []


def test_existing_build_products_are_not_a_fault(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "imgs/\n")
    repository.write("package.json", '{"scripts": {"build": "vite build"}}')
    assert {rule for rule, *_ in found(analyser, repository)} == {"staticproof.I068"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("scss/site.scss", "a { b {} }\n"),
        ("Makefile", "css:\n\tsassc a.scss site.css\n"),
        ("sources/site.css", "a {}\n"),
    ],
)
def test_an_existing_product_of_make(source: str, text: str, repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "static/css/*.css\n")
    assert found(analyser, repository) == [("staticproof.E068", ".gitignore", 1)]
    repository.write(source, text)
    assert found(analyser, repository) == [("staticproof.I068", ".gitignore", 1)]


def test_a_pattern_with_one_product_is_for_products(repository: Project, analyser: Analyser) -> None:
    repository.write("static/css/more.css", "b {}\n")
    repository.write("templates/more.html", "{% load static %}{% static 'css/more.css' %}")
    repository.write(".gitignore", "static/css/*.css\n")
    repository.write("scss/more.scss", "b {}\n")
    assert found(analyser, repository) == [("staticproof.I068", ".gitignore", 1)]


def test_a_built_bundle_that_git_ignores_is_one_note(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "blog/static/blog/dist\n")
    repository.write("package.json", '{"scripts": {"build": "vite build"}}')
    chunks = [f"chunk-Ab{number}De5F6.js" for number in range(5)]
    for chunk in chunks:
        repository.write(f"blog/static/blog/dist/{chunk}", "export const a = 1;\n")
    repository.write("blog/static/blog/dist/main-Xy3Zw5Vu.js", "".join(f'import "./{chunk}";\n' for chunk in chunks))
    found_notes = [finding for finding in found(analyser, repository) if finding[0] == "staticproof.I068"]
    assert found_notes == [("staticproof.I068", ".gitignore", 1)]


def test_missing_build_products_are_one_warning_for_each_pattern(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "dist/\n")
    for name in ("a", "b"):
        repository.write(f"templates/{name}.html", "{% load static %}{% static 'dist/" + name + ".css' %}")
    repository.write("blog/names.py", "NAMES = 'a.html', 'b.html'\n")
    (finding,) = analyser.run(repository.root)["findings"]
    assert (finding["id"], finding["file"]) == ("staticproof.W068", "templates/a.html")
    assert finding["message"] == (
        "'dist/a.css' and 1 more references to such files: the file is missing, "
        "and git ignores it with the pattern 'dist/' (.gitignore)."
    )


def test_a_path_behind_a_link_does_not_break_git_check_ignore(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "/node_modules/\n")
    repository.write("elsewhere/a.txt", "")
    (repository.root / "blog/static/node_modules").symlink_to(repository.root / "elsewhere")
    repository.replace(
        "mysite/settings.py", '[BASE_DIR / "static"]', '[BASE_DIR / "static", BASE_DIR / "node_modules"]'
    )
    repository.write("templates/base.html", "{% load static %}{% static 'a/b.css' %}")
    ids = [rule for rule, *_ in found(analyser, repository)]
    assert {"staticproof.W065", "staticproof.W068"} <= set(ids)
    assert not [rule for rule in ids if rule.startswith("staticproof.E004")]


def test_the_static_folder_of_an_app_that_a_build_creates(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "/shop/static\n")
    repository.write("shop/__init__.py", "")
    repository.write("shop/templates/shop/a.html", "{% load static %}{% static 'shop/a.css' %}")
    repository.write("blog/names.py", "NAME = 'shop/a.html'\n")
    repository.replace("mysite/settings.py", '["blog", ', '["blog", "shop", ')
    assert found(analyser, repository) == [("staticproof.W068", "shop/templates/shop/a.html", 1)]


def test_a_missing_folder_of_staticfiles_dirs_that_git_ignores(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitignore", "/dist/\n")
    repository.replace("mysite/settings.py", '[BASE_DIR / "static"]', '[BASE_DIR / "static", BASE_DIR / "dist"]')
    assert [rule for rule, *_ in found(analyser, repository)] == ["staticproof.W065"]


def test_a_submodule_that_is_not_checked_out(repository: Project, analyser: Analyser) -> None:
    repository.write(".gitmodules", '[submodule "libs"]\n\tpath = static/libs\n\turl = ../libs.git\n')
    repository.write("templates/base.html", "{% load static %}{% static 'libs/a.css' %}{% static 'css/a.css' %}")
    result = analyser.run(repository.root)["findings"]
    assert [finding["id"] for finding in result] == ["staticproof.E004", "staticproof.W068"]
    assert "the git submodule static/libs is not checked out" in result[1]["message"]


def test_a_file_that_package_json_names_as_its_output(project: Project, analyser: Analyser) -> None:
    project.write("package.json", '{"scripts": {"css": "sass main.scss static/compiled.css"}}')
    project.write("templates/base.html", "{% load static %}{% static 'compiled.css' %}")
    (finding,) = analyser.run(project.root)["findings"]
    assert finding["id"] == "staticproof.W068"
    assert "package.json names it, so the front-end build creates it" in finding["message"]
