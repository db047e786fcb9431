"""`--fix` changes exactly the faults whose correction is certain."""

import shutil
import subprocess

import pytest

from staticproof import fix

from .analyser import Analyser
from .conftest import Project
from .faults_in_files import FAULTS as IN_FILES
from .faults_in_settings import FAULTS as IN_SETTINGS
from .faults_in_templates import FAULTS as IN_TEMPLATES
from .planted import HOME, IMAGE, Planted
from .test_jinja import BACKEND, ENVIRONMENT

# The planted faults that are fixed: the text of the fault, and the text that replaces it. All others stay.
FIXED = {
    ("T1", "child"): ('{% extends "base.html" %}\n', '{% extends "base.html" %}\n{% load static %}\n'),
    ("T1", "prefix"): ('{% extends "base.html" %}\n', '{% extends "base.html" %}\n{% load static %}\n'),
    ("T5", "case"): ("css/Site.css", "css/site.css"),
    ("T5", "Unicode form"): ("imgs/cafe\u0301.svg", "imgs/caf\u00e9.svg"),
    ("T6", "slash"): ("'/css/site.css'", "'css/site.css'"),
    ("T6", "static URL"): ("'/static/css/site.css'", "'css/site.css'"),
    ("H1", "img"): ("/static/imgs/paper.svg", "{% static 'imgs/paper.svg' %}"),
    ("H1", "a"): ("/static/imgs/paper.svg", "{% static 'imgs/paper.svg' %}"),
    ("H1", "video poster"): ("/static/imgs/paper.svg", "{% static 'imgs/paper.svg' %}"),
    ("H1", "use"): ("/static/imgs/paper.svg#a", "{% static 'imgs/paper.svg' %}#a"),
    ("H1", "srcset"): ("/static/imgs/paper.svg 2x", "{% static 'imgs/paper.svg' %} 2x"),
    ("H1", "branch"): ("/static/imgs/paper.svg", "{% static 'imgs/paper.svg' %}"),
}
# Templates before and after, in pairs. With the same text twice, the template must stay.
HARD_CODED = '<img src="/static/imgs/paper.svg">'
TAG = "<img src=\"{% static 'imgs/paper.svg' %}\">"
LOAD = "{% load static %}"
TEMPLATES = {
    "top": (TAG, f"{LOAD}\n{TAG}"),
    "Windows": (f"<p>\r\n{TAG}\r\n", f"{LOAD}\r\n<p>\r\n{TAG}\r\n"),
    "byte order mark": (f"\ufeff<p>\n{TAG}\n", f"\ufeff{LOAD}\n<p>\n{TAG}\n"),
    "loaded too late": (f"{TAG}\n{LOAD}\n", f"{LOAD}\n{TAG}\n{LOAD}\n"),
    "after extends": (
        '{# a #}\n{% extends "base.html" %}\n{% block main %}' + TAG + "{% endblock %}",
        '{# a #}\n{% extends "base.html" %}\n{% load static %}\n{% block main %}' + TAG + "{% endblock %}",
    ),
    "after extends and load": (
        '{% extends "base.html" %}{% load i18n %}\r\n\r\n{% block main %}' + TAG + "{% endblock %}\r\n",
        '{% extends "base.html" %}\r\n{% load static %}\r\n{% load i18n %}\r\n\r\n{% block main %}'
        + TAG
        + "{% endblock %}\r\n",
    ),
    "all on one line": (
        '{% extends "base.html" %}{% block main %}' + TAG + "{% endblock %}",
        '{% extends "base.html" %}\n{% load static %}\n{% block main %}' + TAG + "{% endblock %}",
    ),
    "not loaded": (f"<p>\n{HARD_CODED}\n", f"{LOAD}\n<p>\n{TAG}\n"),
    "several": (f"{LOAD}{HARD_CODED * 4}", f"{LOAD}{TAG * 4}"),
    "both on one line": (
        LOAD + HARD_CODED + "{% static '/imgs/Paper.svg' %}{% static 'css/SITE.css' as x %}",
        LOAD + TAG + "{% static 'imgs/paper.svg' %}{% static 'css/site.css' as x %}",
    ),
    "single quotes": (
        LOAD + "<img alt=\"it's\" src='/static/imgs/paper.svg'>",
        LOAD + '<img alt="it\'s" src=\'{% static "imgs/paper.svg" %}\'>',
    ),
    "no quotes": (
        LOAD + "<img src=/static/imgs/paper.svg alt=x>",
        LOAD + "<img src={% static 'imgs/paper.svg' %} alt=x>",
    ),
    "query and comment": (
        LOAD + '{# {% x #}<img src=" /static/imgs/paper.svg?v={{ v }}#a">',
        LOAD + "{# {% x #}<img src=\" {% static 'imgs/paper.svg' %}?v={{ v }}#a\">",
    ),
    "else": (
        LOAD + '<img src="{% if a %}{{ a.url }}{% else %}/static/imgs/paper.svg{% endif %}">',
        LOAD + "<img src=\"{% if a %}{{ a.url }}{% else %}{% static 'imgs/paper.svg' %}{% endif %}\">",
    ),
    "several candidates": (
        LOAD + '<img srcset="/static/imgs/paper.svg 1x, /static/js/site.js 2x">',
        LOAD + "<img srcset=\"{% static 'imgs/paper.svg' %} 1x, {% static 'js/site.js' %} 2x\">",
    ),
    "XML declaration": ('{% load i18n %}<?xml version="1.0"?>\n' + TAG,) * 2,
    "query in the tag": (LOAD + "{% static 'css/SITE.css?v=1' %}",) * 2,
    "verbatim": ("{% verbatim %}" + HARD_CODED + "{% endverbatim %}",) * 2,
    "translated": ("{% load i18n %}{% blocktranslate %}" + HARD_CODED + "{% endblocktranslate %}",) * 2,
    "behind the host": ('<img src="{{ host }}/static/imgs/paper.svg">',) * 2,
    "behind the host, in a branch": ('<img src="{{ host }}{% if a %}/static/imgs/paper.svg{% endif %}">',) * 2,
    "goes on": ('<img src="/static/imgs/paper.svg{% if a %}.gz{% endif %}">',) * 2,
    "character reference": (LOAD + 'x=<a href="/static/imgs/paper.svg?a=1&amp;b=2">x</a>',) * 2,
    "JSON": ('<p data-x=\'{"a": "/static/imgs/paper.svg"}\'>',) * 2,
    "filter": (LOAD + "{% static '/imgs/Paper.svg'|lower %}",) * 2,
    "silenced": (f"{HARD_CODED}{{# staticproof: ignore E021 -- tested #}}",) * 2,
    "silenced on one line": (
        f"{LOAD}\n{HARD_CODED}{{# staticproof: ignore E021 -- tested #}}\n{HARD_CODED}\n",
        f"{LOAD}\n{HARD_CODED}{{# staticproof: ignore E021 -- tested #}}\n{TAG}\n",
    ),
}
IN_JINJA = {
    "case": ("{{ static('imgs/Paper.svg') }}", "{{ static('imgs/paper.svg') }}"),
    "slash in a filter": ("{% set x = '/imgs/paper.svg'|static %}", "{% set x = 'imgs/paper.svg'|static %}"),
    "hard-coded": (HARD_CODED, "<img src=\"{{ static('imgs/paper.svg') }}\">"),
    "raw": ("{% raw %}" + HARD_CODED + "{% endraw %}",) * 2,
    "twice in one tag": ("{{ static('imgs/Paper.svg') or static('imgs/Paper.svg') }}",) * 2,
}


def contents(project: Project) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(project.root.rglob("*")) if path.is_file()}


def fixed(project: Project, analyser: Analyser) -> dict[str, bytes]:
    """Fix the project, check that a second run changes nothing, and return the files that have changed."""
    before = contents(project)
    changes = analyser.run(project.root, fixes=True)["fixes"]
    assert contents(project) == before
    assert fix.write(changes) == len(changes)
    after = contents(project)
    if changes:
        assert analyser.run(project.root, fixes=True)["fixes"] == []
    assert before.keys() == after.keys()
    return {path: after[path] for path in after if after[path] != before[path]}


@pytest.mark.parametrize(
    "fault", IN_TEMPLATES + IN_FILES + IN_SETTINGS, ids=lambda fault: f"{fault.row} {fault.variant}"
)
def test_a_planted_fault_is_fixed_or_stays(fault: Planted, project: Project, analyser: Analyser) -> None:
    for change in fault.changes:
        change.apply(project.root)
    replaced = FIXED.get((fault.row, fault.variant))
    expected: dict[str, bytes] = {}
    if replaced:
        path = project.root / fault.file
        text = path.read_text(encoding="utf-8")
        assert text.count(replaced[0]) == 1
        expected = {str(path): text.replace(*replaced).encode()}
    assert fixed(project, analyser) == expected
    if replaced:
        assert analyser.run(project.root)["findings"] == []


@pytest.mark.parametrize(("before", "after"), TEMPLATES.values(), ids=TEMPLATES)
def test_only_the_fault_changes(before: str, after: str, project: Project, analyser: Analyser) -> None:
    page = project.root / "templates/page.html"
    page.write_bytes(before.encode())
    expected = {} if before == after else {str(page): after.encode()}
    assert fixed(project, analyser) == expected


@pytest.mark.parametrize(("before", "after"), IN_JINJA.values(), ids=IN_JINJA)
def test_jinja(before: str, after: str, project: Project, analyser: Analyser) -> None:
    pytest.importorskip("jinja2")
    project.replace("mysite/settings.py", "TEMPLATES = [\n", f"TEMPLATES = [\n{BACKEND}")
    project.write("mysite/jinja.py", ENVIRONMENT)
    page = project.write("jinja/page.html", before)
    expected = {} if before == after else {str(page): after.encode()}
    assert fixed(project, analyser) == expected


def test_jinja_with_a_function_of_its_own(project: Project, analyser: Analyser) -> None:
    """django-jinja and many sites define a function `static` of their own."""
    pytest.importorskip("jinja2")
    own = ENVIRONMENT.replace('globals["static"] = static', 'globals["static"] = lambda path: static(path)')
    project.replace("mysite/settings.py", "TEMPLATES = [\n", f"TEMPLATES = [\n{BACKEND}")
    project.write("mysite/jinja.py", own.replace('    made.globals["asset"] = static\n', ""))
    page = project.write("jinja/page.html", HARD_CODED)
    assert fixed(project, analyser) == {str(page): b"<img src=\"{{ static('imgs/paper.svg') }}\">"}


def test_jinja_without_the_function_is_not_fixed(project: Project, analyser: Analyser) -> None:
    pytest.importorskip("jinja2")
    without = BACKEND.replace('"OPTIONS": {"environment": "mysite.jinja.environment"},', "")
    project.replace("mysite/settings.py", "TEMPLATES = [\n", f"TEMPLATES = [\n{without}")
    project.write("jinja/page.html", HARD_CODED)
    assert fixed(project, analyser) == {}


def test_the_encoding_stays(project: Project, analyser: Analyser) -> None:
    options = '"APP_DIRS": True,\n        "OPTIONS": {"file_charset": "latin-1"},'
    project.replace("mysite/settings.py", '"APP_DIRS": True,', options)
    page = project.root / "templates/page.html"
    page.write_bytes(b"<p>caf\xe9</p>\r\n" + HARD_CODED.encode())
    assert fixed(project, analyser) == {str(page): f"{LOAD}\r\n<p>caf\u00e9</p>\r\n{TAG}".encode("latin-1")}


def test_a_text_template_is_not_changed(project: Project, analyser: Analyser) -> None:
    """A line at the top would be a part of the text, and an error in the subject of a mail."""
    project.write("templates/subject.txt", "{% static 'imgs/paper.svg' %}")
    assert fixed(project, analyser) == {}


def test_installed_packages_and_linked_files_are_not_changed(project: Project, analyser: Analyser) -> None:
    project.write("site-packages/shop/__init__.py", "")
    project.write("site-packages/shop/templates/shop.html", HARD_CODED)
    project.replace("mysite/settings.py", '"DIRS": [', '"DIRS": [BASE_DIR / "site-packages/shop/templates", ')
    elsewhere = project.root.parent / "elsewhere.html"
    elsewhere.write_text(HARD_CODED)
    (project.root / "templates/linked.html").symlink_to(elsewhere)
    assert fixed(project, analyser) == {}


def test_two_names_of_one_spelling_are_not_chosen_from(project: Project, analyser: Analyser) -> None:
    project.write("static/imgs/PAPER.svg", "<svg/>")
    if not (project.root / "static/imgs/pAPER.svg").exists():  # the file system knows case
        project.write("templates/page.html", LOAD + "{% static 'imgs/Paper.svg' %}")
        assert fixed(project, analyser) == {}


def test_a_note_is_not_fixed(project: Project, analyser: Analyser) -> None:
    """Under a plain storage, a hard-coded URL works."""
    storage = "django.contrib.staticfiles.storage.StaticFilesStorage"
    project.replace("mysite/settings.py", "whitenoise.storage.CompressedManifestStaticFilesStorage", storage)
    project.write("templates/page.html", HARD_CODED)
    assert fixed(project, analyser) == {}
    assert len(analyser.run(project.root, as_if="manifest", fixes=True)["fixes"]) == 1


def test_a_rule_that_is_ignored_is_not_fixed(project: Project, analyser: Analyser) -> None:
    project.write("pyproject.toml", '[tool.staticproof]\nignore = ["021"]\n')
    project.write("templates/page.html", LOAD + HARD_CODED)
    assert fixed(project, analyser) == {}


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("root", [".", ".."], ids=["the site is the repository", "the site is a folder of it"])
def test_git_applies_the_diff(root: str, project: Project, analyser: Analyser) -> None:
    subprocess.run(["git", "init", "--quiet", root], cwd=project.root, check=True)
    project.replace(HOME, IMAGE, HARD_CODED)
    project.write("templates/page.html", TAG)
    (project.root / "templates/windows.html").write_bytes(f"<p>\r\n{TAG}".encode())
    before = contents(project)
    changes = analyser.run(project.root, fixes=True)["fixes"]
    diff = fix.unified(changes)
    name = HOME if root == "." else f"{project.root.name}/{HOME}"
    assert f"--- a/{name}\n+++ b/{name}\n" in diff
    fix.write(changes)
    after = contents(project)
    for path, content in before.items():
        project.root.joinpath(path).write_bytes(content)
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=project.root, check=True)
    assert contents(project) == after


def test_a_file_that_has_changed_in_the_meantime_stays(project: Project, analyser: Analyser) -> None:
    page = project.write("templates/page.html", TAG)
    changes = analyser.run(project.root, fixes=True)["fixes"]
    page.write_text(TAG * 2)
    assert fix.write(changes) == 0
    assert page.read_text() == TAG * 2
