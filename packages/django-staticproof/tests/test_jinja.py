"""Only the Jinja2 backend reads Jinja2 templates."""

import pytest

from .analyser import Analyser
from .conftest import Project

pytest.importorskip("jinja2")
SETTINGS = "mysite/settings.py"
BACKEND = """\
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "jinja"],
        "APP_DIRS": True,
        "OPTIONS": {"environment": "mysite.jinja.environment"},
    },
"""
ENVIRONMENT = """\
from django.templatetags.static import static
from jinja2 import Environment


def environment(**options):
    made = Environment(**options)
    made.globals["static"] = static
    made.globals["asset"] = static
    made.filters["static"] = static
    return made
"""
# The text of a Jinja2 template and its finding (None: a proven reference).
TEXTS = {
    "{{ static('imgs/paper.svg') }}": None,
    '{{ asset( "imgs/paper.svg" ) }}': None,
    "{{ 'imgs/paper.svg'|static }}": None,
    "{% set logo = static('imgs/paper.svg') %}{{ logo }}": None,
    "{{ static('imgs/no.svg') }}": "E004",
    "{% set logo = static('imgs/Paper.svg') %}": "E005",
    "{{ static('/imgs/paper.svg') }}": "E006",
    "{{ static('imgs/') ~ name }}": "E007",
    "{{ static('static/imgs/paper.svg') }}": "E008",
    "{{ static(name) }}": "W009",
    "<!-- {{ static('no.svg') }} -->": "E010",
    '<img src="imgs/paper.svg">': "E011",
    '<img src="/static/imgs/paper.svg">': "E021",
    "<script>fetch('/static/imgs/paper.svg')</script>": "E022",
    '<img src="{{ STATIC_URL }}imgs/paper.svg">': "E023",
    "{% if x %}": "E104",
}
HEALTHY = [
    "{# {{ static('no.svg') }} <img src='/static/x.png'> #}",
    "{% raw %}{{ static('no.svg') }}{% endraw %}",
    "{% macro tag(x) %}<b>{{ x }}</b>{% endmacro %}{{ tag('static') }}{% for a in b if a %}{% else %}{% endfor %}",
    "{%- if a is none -%}<img src=\"{{ static('imgs/paper.svg') }}\">{%- endif -%}{{ {'a': 1}['a'] }}",
    "<script>const a = {{ a|tojson }}; import(\"{{ static('js/site.js') }}\");</script>",
    "<img src=\"{{ a.url('x.png') }}\"><img src=\"{{ static('imgs/paper.svg') if a else b }}\">",
]


@pytest.fixture
def with_jinja(project: Project) -> Project:
    project.replace(SETTINGS, "TEMPLATES = [\n", f"TEMPLATES = [\n{BACKEND}")
    project.write("mysite/jinja.py", ENVIRONMENT)
    project.write("blog/names.py", 'NAME = "page.html"\n')
    return project


@pytest.mark.parametrize("text", TEXTS)
def test_a_reference(text: str, with_jinja: Project, analyser: Analyser) -> None:
    with_jinja.write("jinja/page.html", f"\n<p>\n{text}\n</p>")
    result = analyser.run(with_jinja.root)
    expected = [(f"staticproof.{TEXTS[text]}", 3)] if TEXTS[text] else []
    found = [(finding["id"], finding["line"]) for finding in result["findings"]]
    assert [found_id for found_id, _ in found] == [expected_id for expected_id, _ in expected]
    assert found == expected or TEXTS[text] == "E104"
    proven = ["imgs/paper.svg", str(with_jinja.root / "jinja/page.html"), 3] in result["references"]
    assert proven is (TEXTS[text] is None)


def test_healthy_templates(with_jinja: Project, analyser: Analyser) -> None:
    for number, text in enumerate(HEALTHY):
        with_jinja.write(f"blog/jinja2/blog/healthy{number}.html", text)
    result = analyser.run(with_jinja.root)
    assert result["findings"] == []
    assert result["statistics"]["templates"] == 4 + len(HEALTHY)


def test_a_name_belongs_to_the_first_engine_that_has_it(with_jinja: Project, analyser: Analyser) -> None:
    """Two engines share a folder: the first one loads every name in it."""
    with_jinja.replace(
        SETTINGS, '"DIRS": [BASE_DIR / "templates"]', '"DIRS": [BASE_DIR / "templates", BASE_DIR / "jinja"]'
    )
    with_jinja.write("jinja/page.html", "{{ static('imgs/paper.svg') }}{% set x = 1 %}")
    with_jinja.write("templates/page.html", "{% set nonsense for django %}")
    assert analyser.run(with_jinja.root)["findings"] == []


def test_django_jinja_loads_names_by_extension_and_pattern(project: Project, analyser: Analyser) -> None:
    pytest.importorskip("django_jinja")
    backend = BACKEND.replace("django.template.backends.jinja2.Jinja2", "django_jinja.jinja2.Jinja2").replace(
        '{"environment": "mysite.jinja.environment"}', '{"match_extension": ".html", "match_regex": "^shop/"}'
    )
    project.replace(SETTINGS, "TEMPLATES = [\n", f"TEMPLATES = [\n{backend}")
    project.write("blog/templates/shop/page.html", "{{ static('imgs/no.svg') }}{% set x = 1 %}")
    project.write("blog/names.py", 'NAME = "shop/page.html"\n')
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.E004"]
