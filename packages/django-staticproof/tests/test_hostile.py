"""Files that could stop or mislead a reader are findings. They cause no crash and no endless wait."""

import os
from pathlib import Path

import pytest

from .analyser import Analyser
from .conftest import Project

SPARSE = 100 * 1024 * 1024  # bytes, without taking room on the disk


def found(analyser: Analyser, project: Project) -> list[tuple[str, str, int | None]]:
    findings = analyser.run(project.root)["findings"]
    return [(finding["id"].removeprefix("staticproof."), finding["file"], finding["line"]) for finding in findings]


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE)


def test_loops_of_symbolic_links(project: Project, analyser: Analyser) -> None:
    for link in ("static/imgs/loop", "static/imgs/again", "templates/loop"):
        (project.root / link).symlink_to(project.root / link.partition("/")[0], target_is_directory=True)
    (project.root / "static/self").symlink_to("self")
    assert found(analyser, project) == [
        ("E105", "static/imgs/again", None),
        ("E105", "static/imgs/loop", None),
        ("E105", "static/self", None),
        ("W105", "templates/loop", None),
    ]


def test_a_linked_folder_is_read(project: Project, analyser: Analyser) -> None:
    shared = project.root / "shared"
    shared.mkdir()
    (shared / "a.svg").write_text("<svg/>", encoding="utf-8")
    (project.root / "static/linked").symlink_to(shared, target_is_directory=True)
    project.write("templates/more.html", "{% load static %}{% static 'linked/a.svg' %}")
    assert found(analyser, project) == []


def test_huge_files(project: Project, analyser: Analyser) -> None:
    for name in ("static/css/huge.css", "static/js/huge.js", "static/imgs/huge.png", "templates/huge.html"):
        sparse(project.root / name)
    assert found(analyser, project) == [
        ("W102", "static/css/huge.css", None),
        ("W102", "static/js/huge.js", None),
        ("W102", "templates/huge.html", None),
    ]


def test_files_that_cannot_be_read(project: Project, analyser: Analyser) -> None:
    for name in ("static/css/gone.css", "templates/gone.html"):
        (project.root / name).symlink_to("nowhere")
    for name in ("static/js/pipe.js", "templates/pipe.html"):
        os.mkfifo(project.root / name)
    assert [finding[:2] for finding in found(analyser, project)] == [
        ("E101", "static/css/gone.css"),
        ("E101", "static/js/pipe.js"),
        ("E101", "templates/gone.html"),
        ("E101", "templates/pipe.html"),
    ]


def test_binary_files(project: Project, analyser: Analyser) -> None:
    (project.root / "templates/binary.html").write_bytes(bytes(range(256)) * 40)
    (project.root / "templates/zero.html").write_bytes(b"a\0b")
    (project.root / "static/js/binary.js").write_bytes(b"\xff\xfe\x00")
    assert found(analyser, project) == [
        ("E103", "static/js/binary.js", None),
        ("E103", "templates/binary.html", None),
        ("E103", "templates/zero.html", None),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n{% if %}", 2),
        ("{% if a %}\n\n", 1),
        ("\n\n{% nonsense %}", 3),
        ("{{ a|nonsense }}", 1),
        ("{% load nonsense %}", 1),
        ("{% extends 'a' %}{% extends 'b' %}", 1),
    ],
)
def test_templates_that_do_not_compile(text: str, line: int, project: Project, analyser: Analyser) -> None:
    project.write("templates/broken.html", text)
    assert found(analyser, project) == [("W104", "templates/broken.html", line)]  # a warning, because it is not used
    project.write("blog/names.py", 'TEMPLATE = "broken.html"\n')
    letter = "W" if "load" in text else "E"  # a library that is not registered may be an optional package
    assert found(analyser, project) == [(f"{letter}104", "templates/broken.html", line)]


def test_markdown_in_a_template_folder_is_not_a_template(project: Project, analyser: Analyser) -> None:
    project.write("templates/README.md", "Use {% nonsense %} here, <img src='a.png'> and {% static no/a.png %}.")
    assert found(analyser, project) == []


def test_deep_nesting(project: Project, analyser: Analyser) -> None:
    project.write("templates/deep.html", "{% if a %}" * 3000 + "{% endif %}" * 3000)
    project.write("static/css/deep.css", "a { b: " + "f(" * 3000 + "url(no.png)")
    project.write("static/js/deep.js", "(" * 20000 + 'import("./no.js")')
    project.write("blog/deep.py", "static = " + "(" * 3000 + ")" * 3000)
    ids = [finding[0] for finding in found(analyser, project)]
    assert "W104" in ids
    assert set(ids) <= {"W104", "E052", "I052", "E041", "W102"}


def test_nonsense_in_every_language(project: Project, analyser: Analyser) -> None:
    nonsense = "}}{%%}<<<>>>&#;\"'`\\(]*/<!--<script><style>{#\ud7ff\u2028 url( @import ;import export from './"
    for path in ("templates/a.txt", "static/css/a.css", "static/js/a.js", "blog/a.py"):
        project.write(path, nonsense)
    assert {finding[0] for finding in found(analyser, project)} <= {"W104", "E052"}
