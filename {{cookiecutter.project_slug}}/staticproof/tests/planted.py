"""The faults of the catalogue, each as a change to the healthy project of `conftest.py`.

This is data, so that other tools can be measured against the same faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BASE = "templates/base.html"
HOME = "blog/templates/blog/home.html"
CSS = "static/css/site.css"
JS = "static/js/site.js"
SETTINGS = "mysite/settings.py"
IMAGE = "<img src=\"{% static 'blog/imgs/dot.svg' %}\" alt=\"A dot\">"
MAP = '<script type="importmap">{"imports": {"util": "{% static \'js/util.js\' %}"}}</script>'
VIEWS = "from django.templatetags.static import static\n\n\n"


@dataclass(frozen=True)
class Change:
    """One change to the project: replace ``old``, which must occur, or write the whole file when it is ``None``."""

    path: str
    new: str | bytes
    old: str | None = None

    def apply(self, root: Path) -> None:
        target = root / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.new, bytes):
            target.write_bytes(self.new)
            return
        text = self.new
        if self.old is not None:
            before = target.read_text(encoding="utf-8")
            assert before.count(self.old) == 1, f"{self.path} must hold {self.old!r} once"
            text = before.replace(self.old, text)
        target.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Planted:
    """A fault: its row in the catalogue, a word for the variant, the finding that it must give, the changes."""

    row: str
    variant: str
    id: str
    file: str
    line: int | None
    changes: tuple[Change, ...]
    hint: str = ""  # what the finding's hint must say


def home(new: str) -> Change:
    """The home page with something else in place of its image, on line 4."""
    return Change(HOME, new, IMAGE)


def on_home(row: str, variant: str, number: str, new: str, hint: str = "", *others: Change) -> Planted:
    return Planted(row, variant, number, HOME, 4, (home(new), *others), hint)


def in_css(row: str, variant: str, number: str, rule: str, hint: str = "", *others: Change) -> Planted:
    return Planted(row, variant, number, "static/css/more.css", 2, (Change("static/css/more.css", f"/* 1 */\n{rule}\n"), *others), hint)


def in_js(row: str, variant: str, number: str, code: str, hint: str = "", *others: Change) -> Planted:
    return Planted(row, variant, number, "static/js/more.js", 2, (Change("static/js/more.js", f"// 1\n{code}\n"), *others), hint)


def in_python(row: str, variant: str, number: str, line: int, code: str, hint: str = "") -> Planted:
    return Planted(row, variant, number, "blog/extra.py", line, (Change("blog/extra.py", code),), hint)


def in_settings(row: str, variant: str, number: str, line: int | None, *changes: Change, hint: str = "") -> Planted:
    return Planted(row, variant, number, SETTINGS, line, changes, hint)


def setting(new: str, old: str) -> Change:
    return Change(SETTINGS, new, old)


UTIL = Change("static/js/util.js", "export const one = 1;\n")

FAULTS = (
    # --- templates: tags ---
    Planted(
        "T1", "child", "E001", HOME, 4, (Change(HOME, "\n", "{% load static %}\n"),), "{% load static %}"
    ),
    Planted("T1", "prefix", "E001", HOME, 4, (Change(HOME, "\n", "{% load static %}\n"), home("{% get_media_prefix %}"))),
    on_home("T2", "brace", "E002", "<script src=\"{% static 'js/site.js' }\"></script>", "{% static 'path' %}"),
    on_home("T2", "quote", "E002", "<img src=\"{% static 'css/site.css\" %}\">"),
    on_home("T2", "never closed", "E002", "<img src=\"{% static 'css/site.css' \">"),
    on_home("T2", "closed by the next", "E002", "<img src=\"{% static 'js/site.js' }\"><img src=\"{% static 'css/site.css' %}\">"),
    on_home("T2", "two lines", "E002", "<img src=\"{% static\n'css/site.css' %}\">"),
    on_home("T2", "variable braces", "E002", "<img src=\"{{ static 'css/site.css' }}\">"),
    on_home("T3", "path", "E003", '<img src="{% static css/site.css %}">', "{% static 'css/site.css' %}"),
    on_home("T3", "like a variable", "E003", '<img src="{% static site.css %}">', "{% static 'css/site.css' %}"),
    on_home("T4", "typo", "E004", "<img src=\"{% static 'css/stie.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T4", "namespace", "E004", "<img src=\"{% static 'dot.svg' %}\">", "{% static 'blog/imgs/dot.svg' %}"),
    on_home("T4", "in a branch", "E004", "{% if a %}{% for b in c %}{% static 'css/no.css' as x %}{{ x }}{% endfor %}{% endif %}"),
    on_home("T4", "in a partial", "E004", "{% partialdef p %}{% static 'css/no.css' %}{% endpartialdef %}"),
    on_home("T4", "not normal", "E004", "<img src=\"{% static './css/site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T4", "complete URL", "E004", "<img src=\"{% static 'https://cdn.example/a.css' %}\">", "without the tag"),
    in_python("T4", "in a function", "E004", 5, VIEWS + 'def logo():\n    return static("imgs/papre.svg")\n', "imgs/paper.svg"),
    on_home("T5", "case", "E005", "<img src=\"{% static 'css/Site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T5", "Unicode form", "E005", "<img src=\"{% static 'imgs/cafe\u0301.svg' %}\">", "imgs/caf\u00e9.svg", Change("static/imgs/caf\u00e9.svg", "<svg/>")),
    on_home("T6", "slash", "E006", "<img src=\"{% static '/css/site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T6", "static URL", "E006", "<img src=\"{% static '/static/css/site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T7", "folder", "E007", "<img src=\"{% static 'imgs/' %}{{ name }}\">", "{% if %}"),
    on_home("T7", "beginning", "E007", "<img src=\"{% static 'imgs/pap' %}{{ name }}\">"),
    on_home("T7", "no slash", "E007", "{% static 'imgs' as base %}<img src=\"{{ base }}/{{ name }}\">"),
    on_home("T8", "static", "E008", "<img src=\"{% static 'static/imgs/paper.svg' %}\">", "{% static 'imgs/paper.svg' %}"),
    on_home("T8", "app", "E008", "<img src=\"{% static 'blog/static/blog/imgs/dot.svg' %}\">", "{% static 'blog/imgs/dot.svg' %}"),
    on_home("T9", "variable", "W009", '<img src="{% static post.image %}">', "ignore W009"),
    on_home("T9", "filter", "W009", "<img src=\"{% static 'imgs/'|add:name %}\">"),
    on_home("T10", "comment", "E010", "<!-- {% static 'css/gone.css' %} -->", "{#"),
    on_home("T11", "stylesheet", "E011", '<link rel="stylesheet" href="site.css">', "{% static 'css/site.css' %}"),
    on_home("T11", "image", "E011", '<img src="../imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("T11", "srcset", "E011", '<img srcset="imgs/paper.svg 2x">'),
    on_home("T11", "at the root", "E011", '<link rel="icon" href="/imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("T11", "in a branch", "E011", '<img src="{% if a %}imgs/paper.svg{% endif %}">'),
    on_home("T11", "style", "E011", '<p style="background: url(imgs/paper.svg)">'),
    on_home("T11", "inline module", "E011", '<script type="module">import "./js/site.js";</script>'),
    Planted("T12", "folder", "E012", "templates/mail/hello.html", 1, (Change("templates/mail/hello.html", "{% load static %}<img src=\"{% static 'imgs/paper.svg' %}\">"),), "https://{{ domain }}"),
    Planted("T12", "name", "E012", "templates/welcome_email.html", 1, (Change("templates/welcome_email.html", "{% load static %}<img src=\"{% static 'imgs/paper.svg' %}\">"),)),
    Planted("T12", "by use", "E012", "templates/hello.html", 1, (Change("templates/hello.html", "{% load static %}{% static 'imgs/paper.svg' as u %}<img src=\"{{ u }}\">"), Change("blog/extra.py", "from django.core.mail import send_mail\nfrom django.template.loader import render_to_string\n\n\ndef hello():\n    send_mail('a', 'b', 'c', ['d'], html_message=render_to_string('hello.html'))\n"))),
    # --- templates: hard-coded ---
    on_home("H1", "img", "E021", '<img src="/static/imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("H1", "a", "E021", '<a href="/static/imgs/paper.svg">x</a>'),
    on_home("H1", "video poster", "E021", '<video poster="/static/imgs/paper.svg"></video>'),
    on_home("H1", "use", "E021", '<svg><use href="/static/imgs/paper.svg#a"/></svg>'),
    on_home("H1", "srcset", "E021", '<source srcset="{{ x }} 1x, /static/imgs/paper.svg 2x">'),
    on_home("H1", "branch", "E021", '<img src="{% if a %}/static/imgs/paper.svg{% endif %}">'),
    on_home("H1", "behind a variable", "E021", '<meta property="og:image" content="https://{{ host }}/static/imgs/paper.svg">'),
    on_home("H1", "data", "E021", "<p data-x='{\"a\": \"/static/imgs/paper.svg\"}'>"),
    on_home("H1", "missing too", "E021", '<img src="/static/imgs/papre.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("H2", "style attribute", "E022", '<p style="background: url(/static/imgs/paper.svg)">'),
    on_home("H2", "style element", "E022", "<style>p { background: url(/static/imgs/paper.svg) }</style>"),
    on_home("H2", "inline script", "E022", '<script>new Image().src = "/static/imgs/paper.svg";</script>'),
    on_home("H2", "handler", "E022", "<p onclick=\"location = '/static/imgs/paper.svg'\">"),
    on_home("H2", "JSON", "E022", '<script type="application/ld+json">{"image": "/static/imgs/paper.svg"}</script>'),
    in_css("H2", "stylesheet", "E022", "p { background: url(/static/imgs/paper.svg) }", "../imgs/paper.svg"),
    in_js("H2", "script", "E022", 'fetch("/static/imgs/paper.svg");'),
    in_js("H2", "template literal", "E022", "fetch(`/static/${name}`);"),
    in_js("H2", "sum", "E022", 'fetch("/static/" + name);'),
    in_python("H2", "Python", "E022", 1, 'LOGO = "/static/imgs/paper.svg"\n', "static('imgs/paper.svg')"),
    in_python("H2", "f-string", "E022", 2, 'def logo(name):\n    return f"/static/{name}"\n'),
    in_python("H2", "HTML in Python", "E022", 1, "LOGO = '<img src=\"/static/imgs/paper.svg\">'\n"),
    on_home("H3", "variable", "E023", '<img src="{{ STATIC_URL }}imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("H3", "prefix tag", "E023", '<img src="{% get_static_prefix %}imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    # --- Python ---
    in_python("P1", "form", "E031", 6, 'from django import forms\n\n\nclass F(forms.Form):\n    class Media:\n        css = {"all": ["css/stie.css"]}\n', "'css/site.css'"),
    in_python("P1", "property", "E031", 7, 'from django import forms\n\n\nclass W(forms.Widget):\n    @property\n    def media(self):\n        return forms.Media(js=["js/stie.js"])\n', "'js/site.js'"),
    in_python("P1", "text", "E031", 6, 'from django import forms\n\n\nclass F(forms.Form):\n    class Media:\n        js = ("js/site.js")\n', "['js/site.js']"),
    Planted("P1", "computed", "E031", "blog/widgets.py", 6, (Change("blog/widgets.py", "from django import forms\n\nNAMES = ('js/a.js',)\n\n\nclass W(forms.Widget):\n    class Media:\n        js = NAMES\n"), Change("mysite/urls.py", "import blog.widgets\nfrom django.urls import path\n", "from django.urls import path\n"), Change("blog/apps.py", "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n    name = 'blog'\n\n    def ready(self):\n        import blog.widgets\n"))),
    in_python("P2", "module", "E032", 4, VIEWS + 'LOGO = static("imgs/paper.svg")\n', "lazy"),
    in_python("P2", "class", "E032", 5, VIEWS + 'class Page:\n    logo = static("imgs/paper.svg")\n'),
    in_python("P2", "default", "E032", 4, VIEWS + 'def logo(path=static("imgs/paper.svg")):\n    return path\n'),
    # --- stylesheets ---
    in_css("C1", "url", "E041", "p { background: url(../imgs/papre.svg) }", "../imgs/paper.svg"),
    in_css("C1", "nested", "E041", "@media print { p { background: image-set(url(no.png) 1x) } }"),
    in_css("C1", "import", "E041", '@import "sites.css";', "site.css"),
    in_css("C1", "case", "E041", "p { background: url(../imgs/Paper.svg) }", "../imgs/paper.svg"),
    in_css("C2", "image-set", "E042", 'p { background: image-set("../imgs/papre.svg" 1x) }', "../imgs/paper.svg"),
    in_css("C2", "not rewritten", "E042", 'p { background: image-set("../imgs/paper.svg" 1x) }', "url("),
    in_css("C3", "css", "E043", "/*# sourceMappingURL=more.css.map */"),
    in_js("C3", "js", "E043", "//# sourceMappingURL=more.js.map"),
    Planted("C4", "latin-1", "E044", "static/css/old.css", None, (Change("static/css/old.css", "p { content: 'é' }".encode("latin-1")),), "UTF-8"),
    Planted("C4", "cycle", "E044", "static/css/two.css", 1, (Change("static/css/one.css", '@import "two.css";'), Change("static/css/two.css", '@import url("one.css");'))),
    # --- scripts ---
    in_js("J1", "import", "E051", 'import { one } from "./util.js";', "import map", UTIL),
    in_js("J1", "URL", "E051", 'new URL("./util.js", import.meta.url);', "", UTIL),
    in_js("J2", "import", "E052", 'import "./utli.js";', "./util.js", UTIL),
    in_js("J2", "export from", "E052", "export*from'./no.js';"),
    in_js("J2", "dynamic", "E052", 'import( "./no.js" );'),
    in_js("J2", "URL", "E052", 'new Worker(new URL("./no.js", import.meta.url));'),
    in_js("J2", "bare", "W052", 'import "nowhere";', "import map"),
    # --- layout ---
    Planted("L1", "two apps", "E061", "shop/static/shared/a.css", None, (Change("blog/static/shared/a.css", "a{}"), Change("shop/static/shared/a.css", "b{}"), Change("shop/__init__.py", ""), Change("shared/__init__.py", ""), setting('["blog", "shop", "shared", ', '["blog", ')), "shop/a.css"),
    Planted("L2", "no namespace", "W062", "blog/static/style.css", None, (Change("blog/static/style.css", "a{}"),), "blog/static/blog/"),
    Planted("L3", "unused", "W063", "shop/static", None, (Change("shop/__init__.py", ""), Change("shop/static/shop/a.css", "a{}")), "INSTALLED_APPS"),
    on_home("L3", "used", "E063", "<img src=\"{% static 'shop/a.css' %}\">", "INSTALLED_APPS", Change("shop/__init__.py", ""), Change("shop/static/shop/a.css", "a{}")),
    in_settings("L4", "inside", "E064", 24, setting('STATIC_ROOT = BASE_DIR / "static" / "collected"', 'STATIC_ROOT = BASE_DIR / "staticfiles"')),
    in_settings("L4", "around", "E064", 24, setting('STATIC_ROOT = BASE_DIR / "all"', 'STATIC_ROOT = BASE_DIR / "staticfiles"'), setting('[BASE_DIR / "static", BASE_DIR / "all/in"]', '[BASE_DIR / "static"]'), Change("all/in/a.txt", "x")),
    in_settings("L5", "missing", "E065", 25, setting('[BASE_DIR / "static", BASE_DIR / "assets"]', '[BASE_DIR / "static"]')),
    Planted("L6", "case", "E066", "static/imgs/paper.svg", None, (Change("static/imgs/Paper.svg", "<svg/>"),)),
    on_home("L7", "used", "E067", "<img src=\"{% static '.hidden/a.svg' %}\">", "Rename", Change("static/.hidden/a.svg", "<svg/>")),
    Planted("L7", "well-known", "W067", "static/.well-known/security.txt", None, (Change("static/.well-known/security.txt", "x"),)),
    in_settings("L9", "folders", "E069", 32, setting('MEDIA_ROOT = BASE_DIR / "staticfiles" / "media"', 'MEDIA_ROOT = BASE_DIR / "media"')),
    in_settings("L9", "in a source", "E069", 32, setting('MEDIA_ROOT = BASE_DIR / "static" / "media"', 'MEDIA_ROOT = BASE_DIR / "media"')),
    on_home("L9", "upload", "E069", "<img src=\"{% static 'media/photo.jpg' %}\">", "url", Change("media/photo.jpg", "x")),
    Planted("L10", "hash", "E070", "static/imgs/a#b.svg", None, (Change("static/imgs/a#b.svg", "<svg/>"),)),
    Planted("L10", "reserved", "E070", "static/imgs/con.svg", None, (Change("static/imgs/con.svg", "<svg/>"),)),
    Planted("L10", "space at the end", "E070", "static/imgs /a.svg", None, (Change("static/imgs /a.svg", "<svg/>"),)),
    # --- settings ---
    in_settings("S1", "missing", "E081", 9, setting("", '    "whitenoise.middleware.WhiteNoiseMiddleware",\n'), hint="SecurityMiddleware"),
    in_settings("S1", "order", "E081", 9, setting('    "django.middleware.common.CommonMiddleware",\n    "whitenoise.middleware.WhiteNoiseMiddleware",\n', '    "whitenoise.middleware.WhiteNoiseMiddleware",\n')),
    in_settings("S2", "dead", "E082", 35, setting('MEDIA_ROOT = BASE_DIR / "media"\nSECURE_PROXY_SSL_HEADER = None\n\nSTATICFILES_STORAGE = "x"\n', 'MEDIA_ROOT = BASE_DIR / "media"\n')),
    in_settings("S2", "key", "E082", 26, setting("", '    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},\n')),
    in_settings("S2", "plain", "E082", 26, setting('"django.contrib.staticfiles.storage.StaticFilesStorage"', '"whitenoise.storage.CompressedManifestStaticFilesStorage"'), setting("DEBUG = False", 'DEBUG = os.environ.get("DEBUG", "True") == "True"')),
    in_settings("S3", "unset", "E083", None, setting("", 'STATIC_ROOT = BASE_DIR / "staticfiles"\n')),
)
