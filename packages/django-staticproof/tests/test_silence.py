"""The ways to silence a finding. An ignore without a reason or without a finding is reported."""

import pytest

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
SETTINGS = "mysite/settings.py"
IMAGE = '  <img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'
BROKEN = "{% static 'no.svg' %}"


def ids(analyser: Analyser, project: Project, *, third_party: bool = False) -> list[tuple[str, int | None]]:
    findings = analyser.run(project.root, third_party=third_party)["findings"]
    return [(finding["id"].removeprefix("staticproof."), finding["line"]) for finding in findings]


@pytest.mark.parametrize(
    "text",
    [
        BROKEN + " {# staticproof: ignore E004 -- made by a later step #}",
        "{# staticproof: ignore E004 -- made by a later step #}\n" + BROKEN,
        "{# staticproof:ignore staticproof.E004, E005 -- made by a later step #}\n" + BROKEN,
    ],
)
def test_a_comment_silences_one_finding_in_a_template(text: str, project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, text)
    assert ids(analyser, project) == []


@pytest.mark.parametrize(
    "text",
    [
        "{# staticproof: ignore E005 -- another rule #}\n" + BROKEN,
        "{# staticproof: ignore E004 -- too far above #}\n\n" + BROKEN,
        "<p>{# staticproof: ignore E004 -- about this line #}\n" + BROKEN,
        "<!-- staticproof: ignore E004 -- sent to every visitor -->\n" + BROKEN,
    ],
)
def test_a_comment_elsewhere_silences_nothing(text: str, project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, text)
    assert "E004" in [found for found, _ in ids(analyser, project)]


def test_comments_in_the_other_languages(project: Project, analyser: Analyser) -> None:
    project.write(
        "static/css/a.css", "/* staticproof: ignore E041 -- the vendor ships none */\na { background: url(no.png) }\n"
    )
    project.write("static/js/a.js", "// staticproof: ignore E052 -- the vendor ships none\nimport './no.js';\n")
    project.write("static/js/b.js", "import './no.js'; /* staticproof: ignore E052 -- the vendor ships none */\n")
    project.write("blog/a.py", "LOGO = '/static/no.svg'  # staticproof: ignore E022 -- for a test double\n")
    assert ids(analyser, project, third_party=True) == []


def test_the_reason_is_required(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, "{# staticproof: ignore E004 #}\n" + BROKEN)
    assert ids(analyser, project) == [("W106", 4)]


def test_a_comment_that_silences_nothing_is_noted(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, "{# staticproof: ignore E004 -- long gone #}\n" + IMAGE)
    assert ids(analyser, project, third_party=True) == [("I107", 4)]
    assert ids(analyser, project) == []  # not all rules are tried here


def test_an_ignore_for_a_rule_of_serving_is_not_reported_by_reading(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, "{# staticproof: ignore E086, W086 -- the proxy has it #}\n" + IMAGE)
    assert ids(analyser, project, third_party=True) == []


def test_silenced_system_checks_count(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, BROKEN)
    project.replace(SETTINGS, "USE_I18N", "SILENCED_SYSTEM_CHECKS = ['staticproof.E004']\nUSE_I18N")
    assert ids(analyser, project) == []
