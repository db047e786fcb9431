"""The level of a fault depends on the storage, and each message names the storages that it applies to."""

import pytest

from staticproof.reading.contract import CHOICES, judge_as

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
SETTINGS = "mysite/settings.py"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'
MANIFEST = "with a manifest storage"
HASHED = "where only hashed files are kept"
ANY = "with any storage"

# A fault on the home page: the letters under plain, manifest and hashed (None: no finding), and the condition.
ON_PAGE = {
    "missing": ("{% static 'no.svg' %}", "EEE", ANY),
    "case": ("{% static 'imgs/Paper.svg' %}", "EEE", ANY),
    "slash": ("{% static '/imgs/paper.svg' %}", "IEE", MANIFEST),
    "slash and prefix": ("{% static '/static/imgs/paper.svg' %}", "EEE", ANY),
    "folder": ("<a data-base=\"{% static 'imgs/' %}\">", "-IE", HASHED),
    "folder and variable": ("{% static 'imgs/' %}{{ name }}", "IWE", HASHED),
    "beginning": ("{% static 'imgs/pa' %}{{ name }}", "IEE", MANIFEST),
    "hard-coded": ('<img src="/static/imgs/paper.svg">', "IWE", HASHED),
    "hard-coded, missing": ('<img src="/static/imgs/no.svg">', "EEE", ANY),
    "in an HTML comment": ("<!-- {% static 'no.svg' %} -->", "IEE", MANIFEST),
    "STATIC_URL": ('<img src="{{ STATIC_URL }}imgs/paper.svg">', "IWE", HASHED),
    "STATIC_URL, missing": ('<img src="{{ STATIC_URL }}imgs/no.svg">', "EEE", ANY),
    "STATIC_URL handed over": ('<a data-static="{{ STATIC_URL }}">', "-IE", HASHED),
}
IN_FILES = {
    "dead url()": ("static/css/more.css", "a { background: url(no.png) }\n", "IEE", MANIFEST),
    "source map": ("static/css/more.css", "a {}\n/*# sourceMappingURL=more.css.map */\n", "IEE", MANIFEST),
    "source map of a script": ("static/js/more.js", "a();\n//# sourceMappingURL=more.js.map\n", "IEE", MANIFEST),
    "import of a file": ("static/js/more.js", 'import "./site.js";\n', "-WE", HASHED),
    "import of a missing file": ("static/js/more.js", 'import "./no.js";\n', "EEE", ANY),
    "hard-coded and rewritten": ("static/css/more.css", "a { background: url(/static/imgs/paper.svg) }\n", "-II", ""),
    "hard-coded in a script": ("static/js/more.js", 'fetch("/static/imgs/paper.svg");\n', "IWE", HASHED),
    "static() at import": (
        "blog/more.py",
        "from django.templatetags.static import static\n\nLOGO = static('imgs/paper.svg')\n",
        "IEE",
        MANIFEST,
    ),
    "a folder at import": (
        "blog/more.py",
        "from django.templatetags.static import static\n\nBASE = static('imgs/')\n",
        "-IE",
        HASHED,
    ),
    "hard-coded in Python": ("blog/more.py", "LOGO = '/static/imgs/paper.svg'\n", "IWE", HASHED),
    "STATIC_URL in Python": (
        "blog/more.py",
        "from django.conf import settings\n\nLOGO = settings.STATIC_URL + 'imgs/paper.svg'\nURL = "
        "f'{settings.STATIC_URL}imgs/paper.svg'\n",
        "IWE",
        HASHED,
    ),
}


def letters(analyser: Analyser, project: Project, condition: str) -> str:
    """Return the letter of the first finding under each storage, and check that its message has the condition."""
    found = ""
    for number, storage in enumerate(CHOICES):
        findings = analyser.run(project.root, as_if=storage)["findings"]
        ours = [finding for finding in findings if not finding["id"].endswith(("081", "082"))]
        found += ours[0]["id"].removeprefix("staticproof.")[0] if ours else "-"
        if ours and (found[-1] == "E" or not number):
            assert condition in ours[0]["message"], (storage, ours)
    return found


@pytest.mark.parametrize("name", ON_PAGE)
def test_faults_on_a_page(name: str, project: Project, analyser: Analyser) -> None:
    markup, expected, condition = ON_PAGE[name]
    project.replace(HOME, IMAGE, markup)
    assert letters(analyser, project, condition) == expected


@pytest.mark.parametrize("name", IN_FILES)
def test_faults_in_files(name: str, project: Project, analyser: Analyser) -> None:
    path, text, expected, condition = IN_FILES[name]
    project.write(path, text)
    assert letters(analyser, project, condition) == expected


@pytest.mark.parametrize(
    ("storage", "keep", "letter"),
    [
        ("django.contrib.staticfiles.storage.StaticFilesStorage", "False", "I"),
        ("whitenoise.storage.CompressedStaticFilesStorage", "False", "I"),
        ("django.contrib.staticfiles.storage.ManifestStaticFilesStorage", "False", "W"),
        ("whitenoise.storage.CompressedManifestStaticFilesStorage", "False", "W"),
        ("whitenoise.storage.CompressedManifestStaticFilesStorage", "True", "E"),
    ],
)
def test_the_contract_of_the_configured_storage(
    storage: str, keep: str, letter: str, project: Project, analyser: Analyser
) -> None:
    project.replace(SETTINGS, "whitenoise.storage.CompressedManifestStaticFilesStorage", storage)
    project.replace(SETTINGS, "KEEP_ONLY_HASHED_FILES = True", f"KEEP_ONLY_HASHED_FILES = {keep}")
    project.replace(HOME, IMAGE, '<img src="/static/imgs/paper.svg">')
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == [f"staticproof.{letter}021"]


def test_a_rehearsal_uses_the_contract_of_the_sites_own_storage(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, '<img src="/static/imgs/paper.svg">')
    plain = '{"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}, "default": {}}'
    project.replace(SETTINGS, "USE_I18N", f"STATICPROOF_SITE_STORAGES = {plain}\nUSE_I18N")
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.I021"]


def test_an_unknown_contract_is_refused() -> None:
    with pytest.raises(ValueError, match="is not one of plain, manifest, hashed"):
        judge_as("compressed")
