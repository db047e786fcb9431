"""Correct code has no finding, even when it looks unusual."""

import pytest
from django import VERSION

from .analyser import Analyser
from .conftest import Project

HOME = "blog/templates/blog/home.html"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'

MARKUP = {
    "query and fragment": "<img src=\"{% static 'imgs/paper.svg#a' %}\"><img src=\"{% static 'imgs/paper.svg' %}?1\">",
    "double quotes": "<img src='{% static \"imgs/paper.svg\" %}'>",
    "no spaces": "<img src=\"{%static 'imgs/paper.svg'%}\">",
    "as a variable": "{% static 'imgs/paper.svg' as paper %}<img src=\"{{ paper }}\">",
    "constant filter": "<img src=\"{% static 'imgs/'|add:'paper.svg' %}\">",
    "verbatim": "{% verbatim %}{% static 'no.css' %} {{ x }} {% static 'no' }\n{% endverbatim %}",
    "named verbatim": "{% verbatim a %}{% endverbatim %}{% static 'no.css' %}{% endverbatim a %}",
    "comment": "{% comment \"why\" %}{% static no/no.css %}<img src='/static/no.svg'>{% endcomment %}",
    "one-line comment": "{# {% static 'no.css' %} <img src='/static/no.svg'> #}",
    "HTML comment of a file that exists": "<!-- {% static 'imgs/paper.svg' %} -->",
    "HTML comment with a path": "<!-- /static/no.css and imgs/no.svg and {% static 'no.css' } -->",
    "links": (
        '<a href="/about/"></a><a href="#top"></a><a href="?page=2"></a><a href="mailto:a@b.example"></a>'
        '<a href="tel:1"></a><a href="next/"></a><a href="report.pdf"></a><a href="javascript:void(0)"></a>'
    ),
    "other hosts": (
        '<img src="https://a.example/static/x.png"><img src="//a.example/x.png"><img src="data:image/png;base64,AAA=">'
        '<script src="https://cdn.example/x.js"></script><link rel="canonical" href="https://a.example/">'
    ),
    "from the database": '<img src="{{ post.image.url }}"><img src="{{ post.url }}?x.png"><img src="{{ a }}/b.png">',
    "other tags": "<a href=\"{% url 'home' %}\"></a><img src=\"{% url 'home' %}x.png\">",
    "media": '<img src="{% get_media_prefix %}x.png"><img src="/media/x.png"><img src="{{ MEDIA_URL }}x.png">',
    "prose": "<p>Files live in /static/css/ and are named style.css.</p><img alt='see /static/x.png' title='a.png'>",
    "icon of the same page": '<svg><use href="#icon"/></svg><svg><use xlink:href="{{ x }}#icon"/></svg>',
    "srcset": (
        "<img srcset=\"{% static 'imgs/paper.svg' %} 1x, {% static 'blog/imgs/dot.svg' %} 2x\""
        " src=\"{% static 'imgs/paper.svg' %}\">"
    ),
    "choice": "<img src=\"{% if a %}{% static 'imgs/paper.svg' %}{% else %}{{ b }}{% endif %}\">",
    "loop": "{% for x in y %}<img src=\"{% static 'imgs/paper.svg' %}\">{% empty %}{% endfor %}",
    "with": "{% with a='imgs/no.png' %}<img src=\"{{ a }}\">{% endwith %}",
    "partial": "{% partialdef p inline %}{% static 'imgs/paper.svg' %}{% endpartialdef %}{% partial p %}",
    "translated": "{% load i18n %}<p>{% blocktranslate %}See /static/ for style.css{% endblocktranslate %}</p>",
    "another template language": '<p>{% templatetag openblock %} static "no.css" {% templatetag closeblock %}</p>',
    "inline style": "<style>p { background: url({% static 'imgs/paper.svg' %}) } a { fill: url(#b) }</style>",
    "style attribute": '<p style="background: url({{ x }}); width: {{ y }}px">',
    "inline script": '<script>if (location.pathname.startsWith("/static/")) { fetch("{{ url }}"); }</script>',
    "inline module": "<script type=module>import {a} from \"{% static 'js/site.js' %}\"; import(`{{ x }}`);</script>",
    "script of another kind": '<script type="text/template"><img src="imgs/x.png"></script>',
    "logic in a script": "<script>{% if a %}let x = {{ y }};{% else %}let x = '{{ z }}';{% endif %}</script>",
    "loaded with others": "{% load i18n static %}<img src=\"{% static 'imgs/paper.svg' %}\">",
    "loaded by name": "{% load static from static %}<img src=\"{% static 'imgs/paper.svg' %}\">",
    "iframe and form": '<iframe src="/embed/"></iframe><form action="upload.png"></form>',
    "attribute without quotes": "<img src={% static 'imgs/paper.svg' %} hidden>",
    "a link of the site": '<a href="/media/a.png"></a><link rel="icon" href="/elsewhere.png">',
    "an image of a page": '<meta property="og:image" content="https://a.example/x.png"><meta name="x" content="a.png">',
    "broken HTML": "<div <p class='a\"><b></i></div>",
}

FILES = {
    "spaces": ("static/imgs/a b.svg", "{% static 'imgs/a b.svg' %}"),
    "Unicode": ("static/imgs/größe 北京.svg", "{% static 'imgs/größe 北京.svg' %}"),
    "apostrophe": ("static/imgs/o'brien.svg", '{% static "imgs/o\'brien.svg" %}'),
    "dots": ("static/imgs/a.min.v1.2.svg", "{% static 'imgs/a.min.v1.2.svg' %}"),
    "deep": ("static/a/b/c/d/e/f.svg", "{% static 'a/b/c/d/e/f.svg' %}"),
    "other symbols": ("static/imgs/a+b(1)@2x~,=.svg", "{% static 'imgs/a+b(1)@2x~,=.svg' %}"),
    "no suffix": ("static/LICENSE", "{% static 'LICENSE' %}"),
    "folder called static": ("static/static/a.svg", "{% static 'static/a.svg' %}"),
    "escaped": ("static/imgs/a b.svg", "{% static 'imgs/a%20b.svg' %}"),
}

ASSETS = {
    "css": (
        "static/css/more.css",
        '@charset "utf-8";\n@import "site.css" layer(base);\n@import url("site.css") screen;\n'
        "@namespace svg url(http://www.w3.org/2000/svg);\n@font-face { src: url('data:font/woff2;base64,AA==') }\n"
        "p { background: url( '../imgs/paper.svg?v=1#x' ); fill: url(#a) }\n"
        "p { mask: image-set(url(../imgs/paper.svg) 1x) }\n"
        "/* url(no.png) */ a::after { content: 'url(no.png)'; cursor: url(//a.example/x.cur), auto }\n"
        'b { background: url("https://a.example/x.png"); --image: url(../imgs/paper.svg); color: rgb(0 0 0) }\n'
        'i { background: image-set("data:image/png;base64,AA==" type("image/png") 1x) }\n',
    ),
    "css with a byte order mark": ("static/css/more.css", "\ufeff@import 'site.css';\n"),
    "css with a map": ("static/css/site.css.map", "{}"),
    "js": (
        "static/js/more.js",
        '// import "./no.js"\n/* import("./no.js") */\nconst a = "import \'./no.js\'";\n'
        'export const b = 1; export default b; export { b as c };\nimport "https://a.example/x.js";\n'
        'import(name); new URL("./x", base); const t = `./${a}.js`; import(`./${a}.js`);\n'
        'if (path.startsWith("/static/") || path === "/static/") {}\nfetch("/api/static/x"); const re = /static/g;\n',
    ),
    "js with a map": ("static/js/site.js", "let a = 1;\n//# sourceMappingURL=data:application/json;base64,e30=\n"),
    "js that is a library": (
        "static/vendor/x.min.js",
        '!function(e,t){"object"==typeof exports?t(exports):0}(this,e=>1);',
    ),
    "dot files of tools": ("static/.gitkeep", ""),
    "editor's backup": ("static/css/site.css~", "x"),
    "dot file": ("static/.DS_Store", "x"),
    "python": (
        "blog/views.py",
        "from django.conf import settings\nfrom django.conf.urls.static import static as serve\n"
        "from django.templatetags.static import static\nfrom django.utils.functional import lazy\n\n"
        "static_lazy = lazy(static, str)\nLOGO = static_lazy('imgs/paper.svg')\n"
        "ICON = lambda request: static('imgs/paper.svg')\n"
        "PREFIX = '/static/'\nurlpatterns = serve(settings.MEDIA_URL, document_root='x')\n"
        "urlpatterns += serve('/static/', document_root='x')\n\n\n"
        "def logo(request):\n    '''/static/no.svg'''\n"
        "    if request.path.startswith(('/static/', '/static/admin/')):\n"
        "        return None\n    return static('imgs/paper.svg')\n",
    ),
    "python that does not parse": ("blog/template.py", "static = '/static/no.svg' {{ x }}\n"),
    "tests": ("blog/tests/test_x.py", "URL = '/static/no.svg'\n"),
    "media of a form": (
        "blog/forms.py",
        "from django import forms\n\n\nclass F(forms.Form):\n    class Media:\n"
        "        css = {'all': ['css/site.css', 'https://a.example/x.css']}\n"
        "        js = ['js/site.js', '/other/x.js']\n",
    ),
    "css of another URL": ("static/css/more.css", "a { background: url(/media/x.png) }"),
    "template that is a picture": ("templates/icon.svg", '<svg><use href="{{ x }}#a"/></svg>'),
    "asynchronous Python": (
        "blog/views.py",
        "from django.templatetags.static import static\n\n\nasync def logo():\n    return static('imgs/paper.svg')\n",
    ),
    "deferred storage": (
        "blog/views.py",
        "from django.contrib.staticfiles.storage import staticfiles_storage\n\n\n"
        "def logo():\n    return staticfiles_storage.url('imgs/paper.svg')\n",
    ),
    "page about mail": (
        "templates/account/email.html",
        "{% extends 'base.html' %}{% load static %}"
        "{% block main %}<img src=\"{% static 'imgs/paper.svg' %}\">{% endblock %}",
    ),
    "mail with an origin": (
        "templates/emails/welcome.html",
        "{% load static %}<img src=\"https://{{ domain }}{% static 'imgs/paper.svg' %}\">"
        '{% static \'imgs/paper.svg\' as p %}<img src="{{ origin }}{{ p }}"><a href="https://a.example{{ p }}">',
    ),
    "override of an app by the root": ("static/blog/imgs/dot.svg", "<svg/>"),
    "folder that is no package": ("design/static/x.css", "a{}"),
    "template with another suffix": ("templates/robots.txt", "User-agent: *\nDisallow: /static/\n"),
    "picture between templates": ("templates/logo.png", "\x00"),
}


def test_usual_and_unusual_templates(project: Project, analyser: Analyser) -> None:
    usual = {name: markup for name, markup in MARKUP.items() if "partialdef" not in markup or VERSION >= (6, 0)}
    for name, markup in usual.items():
        project.write(f"templates/{name}.html", "{% load static %}\n" + markup)
    for name, (path, tag) in FILES.items():
        project.write(path, "<svg/>")
        project.write(f"templates/file {name}.html", '{% load static %}\n<img src="' + tag + '">')
    result = analyser.run(project.root)
    assert result["findings"] == []
    assert result["statistics"]["templates"] == 4 + len(usual) + len(FILES)


@pytest.mark.parametrize("name", ASSETS)
def test_usual_and_unusual_files(name: str, project: Project, analyser: Analyser) -> None:
    project.write(*ASSETS[name])
    assert analyser.run(project.root)["findings"] == []


def test_an_app_replaces_a_file_of_another_app(project: Project, analyser: Analyser) -> None:
    project.replace("mysite/settings.py", '["blog", ', '["blog", "shop", ')
    project.write("shop/__init__.py", "")
    project.write("shop/static/blog/new.css", "a{}")
    project.write("blog/static/shared/a.css", "a{}")
    project.write("shop/static/shared/a.css", "a{}")
    found = analyser.run(project.root)["findings"]
    assert [finding["id"] for finding in found] == ["staticproof.W062", "staticproof.W062"]  # `shared`, not `blog`


def test_modules_named_by_an_import_map(project: Project, analyser: Analyser) -> None:
    script = (
        '<script type="importmap">{"imports": {"util": "{% static \'js/util.js\' %}", "lib/": "{{ cdn }}"}}</script>'
    )
    keyed = '<script type="importmap">{"imports": {"/static/js/util.js": "{% static \'js/util.js\' %}"}}</script>'
    project.replace(HOME, IMAGE, script + keyed + '<script type="module">import "util"; import "lib/x.js";</script>')
    project.write("static/js/util.js", "export const one = 1;\n")
    project.write("static/js/more.js", 'import "util";\nimport "lib/y.js";\nimport "./util.js";\n')
    assert analyser.run(project.root)["findings"] == []


def test_modules_that_a_child_template_adds_to_the_import_map(project: Project, analyser: Analyser) -> None:
    script = (
        '<script type="importmap">{"imports": { {% block imports %}{% endblock %} "a": "{% static \'js/site.js\' %}"}}'
    )
    project.replace("templates/base.html", "</head>", f"{script}</script></head>")
    block = '{% block imports %}\n "blog/more": "{% static \'js/more.js\' %}",\n{% endblock imports %}'
    project.replace(HOME, "{% block main %}", block + "{% block main %}")
    project.write("static/js/more.js", 'import "a";\n')
    project.write("static/js/other.js", 'import "blog/more";\n')
    assert analyser.run(project.root)["findings"] == []
    project.write("static/js/other.js", 'import "blog/mroe";\n')
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.W052"]


def test_imports_that_the_storage_rewrites(project: Project, analyser: Analyser) -> None:
    project.write(
        "mysite/storage.py",
        "from whitenoise.storage import CompressedManifestStaticFilesStorage\n\n\n"
        "class Storage(CompressedManifestStaticFilesStorage):\n    support_js_module_import_aggregation = True\n",
    )
    project.replace(
        "mysite/settings.py", "whitenoise.storage.CompressedManifestStaticFilesStorage", "mysite.storage.Storage"
    )
    project.write("static/js/util.js", "export const one = 1;\n")
    project.write(
        "static/js/more.js",
        'import { one } from "./util.js";\nexport { one } from "./util.js";\nimport("./util.js");\n',
    )
    assert analyser.run(project.root)["findings"] == []
    project.write(
        "static/js/more.js", 'export*from"./util.js";\nimport( "./util.js" );\nnew URL("./util.js", import.meta.url);\n'
    )
    found = analyser.run(project.root)["findings"]
    assert [(finding["id"], finding["line"]) for finding in found] == [("staticproof.E051", 1)]
    assert found[0]["message"].endswith("Also in static/js/more.js:2, static/js/more.js:3.")


def test_static_as_a_builtin_tag(project: Project, analyser: Analyser) -> None:
    builtin = '"APP_DIRS": True,\n        "OPTIONS": {"builtins": ["django.templatetags.static"]},'
    project.replace("mysite/settings.py", '"APP_DIRS": True,', builtin)
    project.replace(HOME, "{% load static %}\n", "")
    assert analyser.run(project.root)["findings"] == []


def test_static_files_on_another_host(project: Project, analyser: Analyser) -> None:
    project.replace("mysite/settings.py", 'STATIC_URL = "/static/"', 'STATIC_URL = "https://cdn.example/static/"')
    project.write("templates/mail/hello.html", "{% load static %}<img src=\"{% static 'imgs/paper.svg' %}\">")
    assert analyser.run(project.root)["findings"] == []
    project.write(HOME, '<img src="https://cdn.example/static/imgs/paper.svg"><img src="/static/imgs/paper.svg">')
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.E021"] * 2


def test_the_setting_itself_may_be_built_from_parts(project: Project, analyser: Analyser) -> None:
    project.replace("mysite/settings.py", 'STATIC_URL = "/static/"', 'HOST = ""\nSTATIC_URL = f"{HOST}/static/"')
    assert analyser.run(project.root)["findings"] == []
    project.replace("mysite/settings.py", 'HOST = ""\n', 'HOST = ""\nLOGO = "/static/imgs/paper.svg"\n')
    assert [finding["id"] for finding in analyser.run(project.root)["findings"]] == ["staticproof.E022"]


def test_a_file_served_at_the_root_of_the_site(project: Project, analyser: Analyser) -> None:
    project.write("static/favicon.svg", "<svg/>")
    project.replace("templates/base.html", "</head>", '<link rel="icon" href="/favicon.svg"></head>')
    assert analyser.run(project.root)["findings"] == []


def test_a_page_about_mail_that_extends_another(project: Project, analyser: Analyser) -> None:
    inside = "{% load static %}{% block main %}{% static 'imgs/paper.svg' %}{% endblock %}"
    project.write("templates/account/base_email.html", "{% extends 'base.html' %}{% block main %}{% endblock %}")
    project.write("templates/account/email.html", "{% extends 'account/base_email.html' %}" + inside)
    project.write("templates/account/email_change.html", "{% extends 'account/installed_email.html' %}" + inside)
    assert analyser.run(project.root)["findings"] == []
    project.write("templates/account/base_email.html", "<html>{% block main %}{% endblock %}")
    (finding,) = analyser.run(project.root)["findings"]
    assert (finding["id"], finding["file"]) == ("staticproof.W012", "templates/account/email.html")


def test_an_import_map_that_depends_on_logic(project: Project, analyser: Analyser) -> None:
    project.write(
        "templates/map.html", '<script type="importmap">{"imports": {{ map|safe }}, {% if a %}}{% endif %}</script>'
    )
    project.write("static/js/more.js", 'import "anything";\n')
    assert analyser.run(project.root)["findings"] == []


def test_a_finder_of_the_site_itself(project: Project, analyser: Analyser) -> None:
    project.write(
        "mysite/finders.py",
        "from pathlib import Path\nfrom django.contrib.staticfiles.finders import BaseStorageFinder\n"
        "from django.core.files.storage import FileSystemStorage\n\n\n"
        "class Finder(BaseStorageFinder):\n    storage = FileSystemStorage(Path(__file__).parent / 'more')\n",
    )
    project.write("mysite/more/deep/a.svg", "<svg/>")
    finders = "'django.contrib.staticfiles.finders.' + name for name in ('FileSystemFinder', 'AppDirectoriesFinder')"
    project.replace(
        "mysite/settings.py", "USE_I18N", f"STATICFILES_FINDERS = [*({finders}), 'mysite.finders.Finder']\nUSE_I18N"
    )
    project.write("templates/more.html", "{% load static %}{% static 'deep/a.svg' %}")
    assert analyser.run(project.root)["findings"] == []
    project.write("templates/more.html", "{% load static %}{% static 'deep/b.svg' %}")
    (finding,) = analyser.run(project.root)["findings"]
    assert finding["hint"] == "Did you mean {% static 'deep/a.svg' %}?"


def test_a_middleware_that_does_not_import(project: Project, analyser: Analyser) -> None:
    project.replace("mysite/settings.py", "MIDDLEWARE = [", 'MIDDLEWARE = [\n    "nowhere.Middleware",')
    assert analyser.run(project.root)["findings"] == []
