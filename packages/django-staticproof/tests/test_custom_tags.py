"""Tags of the site and of packages that lead to static files."""

import json

import pytest

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
SETTINGS = "mysite/settings.py"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'
TAGS = """\
from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
def picture(name, folder="imgs"):
    return format_html('<img src="{}">', static(f"{folder}/{name}.svg"))


@register.simple_tag(takes_context=True)
def asset(context, path):
    return staticfiles_storage.url("imgs/" + path)


@register.simple_tag
def either(name):
    return static(name) if name.endswith(".css") else static("imgs/" + name)


@register.simple_tag
def other(name):
    return name.upper()
"""
USES = {
    "{% picture 'paper' %}": None,
    "{% picture 'paper' folder='imgs' as a %}{{ a }}": None,
    "{% picture 'papre' %}": "E004",
    "{% picture 'paper' folder='Imgs' %}": "E005",
    "{% picture name %}": None,
    "{% asset 'paper.svg' %}": None,
    "{% asset path='no.svg' %}": "E004",
    "{% either 'no.css' %}": None,  # two calls, and it is unknown which one runs
    "{% other 'no.css' %}": None,
}


@pytest.mark.parametrize("use", USES)
def test_a_simple_tag_that_calls_static(use: str, project: Project, analyser: Analyser) -> None:
    project.write("blog/templatetags/__init__.py", "")
    project.write("blog/templatetags/pictures.py", TAGS)
    project.replace(HOME, IMAGE, f"{{% load pictures %}}{use}")
    found = [(finding["id"], finding["line"]) for finding in analyser.run(project.root)["findings"]]
    assert found == ([(f"staticproof.{USES[use]}", 4)] if USES[use] else [])


# These are imitations of the packages. Only the module of a tag, its name and its arguments matter.
VITE = """\
from django import template

register = template.Library()


@register.simple_tag
def vite_asset(path, app="default", **kwargs):
    return path
"""
WEBPACK = (
    VITE.replace("vite_asset(path, app=", "render_bundle(bundle_name, extension=None, config=")
    .replace("return path", "return bundle_name")
    .replace('config="default"', 'config="DEFAULT"')
)
PIPELINE = """\
from django import template

register = template.Library()


class StylesheetNode(template.Node):
    def __init__(self, name):
        self.name = name


@register.tag
def stylesheet(parser, token):
    return StylesheetNode(token.split_contents()[1])
"""


def with_package(project: Project, package: str, library: str, text: str, settings: str, tag: str) -> None:
    project.write(f"site-packages/{package}/__init__.py", "")
    project.write(f"site-packages/{package}/templatetags/__init__.py", "")
    project.write(f"site-packages/{package}/templatetags/{library}.py", text)
    project.replace(SETTINGS, "import os\n", "import os\nimport sys\n")
    project.replace(SETTINGS, "DEBUG =", 'sys.path.append(str(BASE_DIR / "site-packages"))\nDEBUG =')
    project.replace(SETTINGS, '["blog", ', f'["blog", "{package}", ')
    project.replace(SETTINGS, "USE_I18N", f"{settings}\nUSE_I18N")
    project.replace(HOME, IMAGE, f"{{% load {library} %}}{tag}")


@pytest.mark.parametrize(
    ("package", "library", "text", "settings", "tag", "manifest"),
    [
        (
            "django_vite",
            "django_vite",
            VITE,
            "DJANGO_VITE = {'default': {'manifest_path': BASE_DIR / 'build.json'}}",
            "{% vite_asset 'src/main.ts' %}",
            {"src/main.ts": {"file": "main.js"}},
        ),
        (
            "webpack_loader",
            "webpack",
            WEBPACK,
            "WEBPACK_LOADER = {'DEFAULT': {'STATS_FILE': BASE_DIR / 'build.json'}}",
            "{% render_bundle 'main' 'js' %}",
            {"chunks": {"main": ["main.js"]}},
        ),
    ],
)
def test_the_entries_of_a_bundle(
    package: str,
    library: str,
    text: str,
    settings: str,
    tag: str,
    manifest: object,
    project: Project,
    analyser: Analyser,
) -> None:
    with_package(project, package, library, text, settings, tag)
    (finding,) = analyser.run(project.root)["findings"]
    assert (finding["id"], finding["line"]) == ("staticproof.W004", 4)
    assert finding["message"].startswith("build.json does not exist")
    project.write("build.json", json.dumps(manifest))
    assert analyser.run(project.root)["findings"] == []
    project.write("build.json", "{}")
    (finding,) = analyser.run(project.root)["findings"]
    assert (finding["id"], finding["line"]) == ("staticproof.E004", 4)
    assert "is not an entry of build.json" in finding["message"]


def test_the_packages_of_a_pipeline(project: Project, analyser: Analyser) -> None:
    settings = "PIPELINE = {'STYLESHEETS': {'site': {'source_filenames': ['css/site.css', 'css/*.css']}}}"
    with_package(project, "pipeline", "pipeline_tags", PIPELINE, settings, "{% stylesheet 'site' %}")
    assert analyser.run(project.root)["findings"] == []
    project.replace(HOME, "'site'", "'sites'")
    found = analyser.run(project.root)["findings"]
    assert [(finding["id"], finding["file"]) for finding in found] == [("staticproof.E004", HOME)]
    project.replace(HOME, "'sites'", "'site'")
    (project.root / "static/css/site.css").unlink()
    (finding,) = [one for one in analyser.run(project.root)["findings"] if one["file"] == HOME]
    assert finding["message"].startswith(
        "'css/site.css' is in no static folder. PIPELINE[\"STYLESHEETS\"]['site'] names"
    )
