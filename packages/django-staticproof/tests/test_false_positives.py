"""False positives from public projects, each in the smallest project that has it."""

import pytest

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
SETTINGS = "mysite/settings.py"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'
PNG = "static/imgs/a b.png"


def errors(analyser: Analyser, project: Project, as_if: str | None = None) -> list[str]:
    """Return the findings that are not notes."""
    findings = analyser.run(project.root, third_party=True, as_if=as_if)["findings"]
    return [f"{f['id']} {f['message']}" for f in findings if not f["id"].startswith("staticproof.I")]


ON_PAGE = {
    "E007 on a folder": ("<div data-base=\"{% static 'imgs/' %}\"></div>", "manifest"),
    "E007 on the folder of everything": ("<div data-base=\"{% static 'imgs' %}\"></div>", "plain"),
    "E023 on STATIC_URL as text": ("<p>Files are below {{ STATIC_URL }} here.</p><code>{{ STATIC_URL }}</code>", None),
    "E023 on STATIC_URL at the end of a line": ("<td>{{ STATIC_URL }}\n</td>", None),
    "E021 cut at a space": ('<img src="/static/imgs/a b.png">', "manifest"),
    "E011 on a placeholder of documentation": ("<code>&lt;img src=picture.png&gt;</code>", None),
    "W009 on nothing": ("{% with a='x' %}{{ a }}{% endwith %}", None),
}


@pytest.mark.parametrize("name", ON_PAGE)
def test_on_a_page(name: str, project: Project, analyser: Analyser) -> None:
    markup, as_if = ON_PAGE[name]
    project.write(PNG, "")
    project.replace(HOME, IMAGE, markup)
    found = [finding for finding in errors(analyser, project, as_if) if "E021" not in name or "a b.png" not in finding]
    assert found == []


IN_FILES = {
    "E022 in a stylesheet that Django rewrites": {
        "static/css/more.css": "a { background: url('/static/imgs/paper.svg') }\n@import '/static/css/site.css';\n",
    },
    "E022 in the middle of an f-string": {
        "blog/more.py": "def f(base, root):\n    return f'{base}/static/x.png', f'{root.path}/static/{base}'\n",
    },
    "W052 on the source of a bundler": {
        "package.json": '{"dependencies": {"vue": "3", "@scope/a": "1"}}',
        "static/src/main.js": 'import { createApp } from "vue";\nimport x from "@scope/a/b";\nimport "./app";\n',
        "static/src/app.js": "export default 1;\n",
    },
    "E051 and E052 in the source of a bundler": {
        "static/src/main.js": 'import "./widget";\nimport "./App.vue";\n',
        "static/src/widget.js": "export default 1;\n",
    },
    "E012 on pages about mail": {
        "templates/email/settings.html": (
            "{% load static %}<form></form><img src=\"{% static 'imgs/paper.svg' %}\">{% block b %}{% endblock %}"
        ),
        "templates/emails/list.html": "{% extends 'base.html' %}{% load static %}{% static 'imgs/paper.svg' %}",
        "templates/mail/inbox.html": "{% load static %}<script></script><img src=\"{% static 'imgs/paper.svg' %}\">",
        "blog/names.py": "NAMES = 'email/settings.html', 'emails/list.html', 'mail/inbox.html'\n",
    },
    "W063 below a parent in STATICFILES_DIRS": {
        "static/shop/__init__.py": "",
        "static/shop/static/a.css": "a {}\n",
    },
    "E022 and E052 in a library": {
        "static/vendor/lib.js": "/*! lib 1.0 */\nimport './no.js';\nfetch('/static/x.png');\n",
        "static/js/lib.min.js": "/*! lib 1.0 */import './no.js';\n",
    },
    "E041 of a folder": {"static/css/more.css": "a { background: url(../imgs/) }\n"},
    "E104 in Markdown": {"templates/docs/a.md": "{% nonsense %} <img src='IMG_URL/a.png'>\n"},
}


@pytest.mark.parametrize("name", IN_FILES)
def test_in_files(name: str, project: Project, analyser: Analyser) -> None:
    for path, text in IN_FILES[name].items():
        project.write(path, text)
    assert errors(analyser, project) == []


WIDGET = "from django import forms\n\n\nclass W(forms.Select):\n    class Media:\n        js = ['no.js']\n"
FORM = "\n\nclass F(forms.Form):\n    a = forms.CharField(widget=W)\n"
TAG = """\
from django import template
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def logo():
    return static("no.svg")
"""


def test_a_widget_that_nothing_in_use_names_is_a_warning(project: Project, analyser: Analyser) -> None:
    for text in (WIDGET, WIDGET + FORM):
        project.write("blog/forms.py", text)
        project.write("blog/views.py", "from .forms import (\n    F,\n    W,\n)\n")
        (finding,) = errors(analyser, project)
        assert finding.startswith("staticproof.W031")
        assert finding.endswith("Nothing in the project uses W.")
    for text in (
        "from .forms import F\n\n\ndef view(request):\n    return F()\n",
        "from .forms import W as Other\n",
        "from . import forms\n\nfield = forms.W()\n",
        "WIDGET = 'blog.forms.W'\n",
        "from .forms import W\n\n\n@register(\n    Post,\n)\nclass A(Admin):\n    widget = W\n",
    ):
        project.write("blog/views.py", text)
        assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E031"]


def test_an_unused_class_keeps_its_errors_when_it_is_decorated_or_no_widget(
    project: Project, analyser: Analyser
) -> None:
    for text in (WIDGET.replace("class W", "@register(\n    1\n)\nclass W"), WIDGET.replace("Select", "Form")):
        project.write("blog/forms.py", text)
        assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E031"]
    at_import = WIDGET.replace("'no.js'", "static('js/site.js')")
    project.write("blog/forms.py", f"from django.templatetags.static import static\n{at_import}")
    assert "staticproof.E032" in [finding[:16] for finding in errors(analyser, project)]


def test_a_tag_that_no_template_uses_is_a_warning(project: Project, analyser: Analyser) -> None:
    project.write("blog/templatetags/__init__.py", "")
    project.write("blog/templatetags/logos.py", TAG)
    (finding,) = errors(analyser, project)
    assert finding.startswith("staticproof.W004")
    assert finding.endswith("Nothing in the project uses logo.")
    project.write("blog/views.py", "def view(request):\n    return logo()\n")
    assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E004"]
    project.write("blog/views.py", "")
    project.write("blog/templatetags/logos.py", TAG.replace("simple_tag", "simple_tag(name='sign')"))
    assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E004"]
    project.write("blog/templatetags/logos.py", TAG)
    project.replace(HOME, IMAGE, "{% load logos %}{% logo %}")
    assert "staticproof.E004" in [finding[:16] for finding in errors(analyser, project)]


def test_w052_on_new_url_of_a_neighbour(project: Project, analyser: Analyser) -> None:
    project.write("static/js/more.js", 'fetch(new URL("more.wasm", import.meta.url));\n')
    project.write("static/js/more.wasm", "")
    assert errors(analyser, project, "plain") == []
    assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E051"]  # only a hash is missing
    (project.root / "static/js/more.wasm").unlink()
    assert [finding[:16] for finding in errors(analyser, project, "plain")] == ["staticproof.E052"]


def test_e063_below_a_parent_in_staticfiles_dirs(project: Project, analyser: Analyser) -> None:
    project.write("shop/__init__.py", "")
    project.write("shop/static/shop/a.css", "a {}\n")
    project.replace(SETTINGS, '[BASE_DIR / "static"]', '[BASE_DIR / "static", ("more", BASE_DIR / "shop")]')
    assert errors(analyser, project) == []


def test_a_fault_in_an_unused_template_is_a_warning_with_this_reason(project: Project, analyser: Analyser) -> None:
    broken = "{% load static %}{% static 'no.svg' %}"
    project.write("templates/old.html", broken)
    (finding,) = errors(analyser, project)
    assert finding.startswith("staticproof.W004")
    assert finding.endswith("Nothing in the project renders this template.")
    for text in (
        'NAME = "old.html"\n',
        'NAME = "pages/old.html"\n',
        "def f(name):\n    return f'{name}.html'\n",
        "def f(x):\n    return 'ol%s.html' % x\n",
    ):
        project.write("blog/names.py", text)
        assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E004"]
    project.write("templates/other/old.html", "")
    for text in ("ROUTE = 'old/{pk}', '{pk}', 'fold.html'\n", "NAME = 'other/old.html'\n"):  # another template's name
        project.write("blog/names.py", text)
        assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.W004"]
    project.write("blog/names.py", "ROUTE = 'old/{pk}', '{pk}', 'fold.html'\n")
    assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.W004"]
    project.write("blog/templates/blog/part.html", '{% include "old.html" %}')
    assert [finding[:16] for finding in errors(analyser, project)] == ["staticproof.E004"]


def test_many_references_to_one_missing_file_are_one_finding(project: Project, analyser: Analyser) -> None:
    tags = "{% static 'no.svg' %}\n" * 3
    project.replace(HOME, IMAGE, tags)
    (finding,) = errors(analyser, project)
    assert f"Also in {HOME}:5, {HOME}:6." in finding


def test_many_hard_coded_urls_of_one_file_are_one_warning(project: Project, analyser: Analyser) -> None:
    project.replace(HOME, IMAGE, '<img src="/static/imgs/paper.svg">\n' * 5)
    (finding,) = errors(analyser, project, "manifest")
    assert finding.endswith(f"Also in {HOME}:5, {HOME}:6, {HOME}:7, {HOME}:8.")
    assert len(errors(analyser, project, "hashed")) == 5  # each error is a separate finding


def test_many_apps_without_a_namespace_are_one_warning(project: Project, analyser: Analyser) -> None:
    names = ["one", "two", "three", "four"]
    for name in names:
        project.write(f"{name}/__init__.py", "")
        project.write(f"{name}/static/img/{name}.svg", "<svg/>")
    project.replace(SETTINGS, '["blog", ', f'["blog", {", ".join(repr(name) for name in names)}, ')
    (finding,) = errors(analyser, project)
    assert "so can files of 3 other apps" in finding


def test_a_storage_that_needs_no_static_root(project: Project, analyser: Analyser) -> None:
    project.write(
        "mysite/storage.py",
        "from django.core.files.storage import Storage\n\n\nclass Remote(Storage):\n    pass\n",
    )
    project.replace(SETTINGS, "whitenoise.storage.CompressedManifestStaticFilesStorage", "mysite.storage.Remote")
    project.replace(SETTINGS, 'STATIC_ROOT = BASE_DIR / "staticfiles"', "STATIC_ROOT = None")
    assert errors(analyser, project) == []
