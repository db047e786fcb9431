"""The faults of the rows P, C, J and L, one by one. Each names the finding, file and line that it must give."""

from .planted import Change, Planted, in_css, in_js, in_python, on_home, setting

STATIC = "from django.templatetags.static import static\n\n\n"
FORMS = "from django import forms\n\n\n"
UTIL = Change("static/js/util.js", "export const one = 1;\n")
ADMIN = """\
from django.contrib import admin
from django.contrib.auth.models import Permission


class PermissionAdmin(admin.ModelAdmin):
    class Media:
        js = ["js/a.js"]


admin.site.register(Permission, PermissionAdmin)
"""
WITH_ADMIN = setting(
    '"django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.staticfiles"]',
    '"django.contrib.staticfiles"]',
)
FAULTS = (
    # --- Python ---
    in_python(
        "P1",
        "form",
        "E031",
        6,
        FORMS + 'class F(forms.Form):\n    class Media:\n        css = {"all": ["css/stie.css"]}\n',
        "'css/site.css'",
    ),
    in_python(
        "P1",
        "property",
        "E031",
        7,
        FORMS
        + "class W(forms.Widget):\n    @property\n    def media(self):\n"
        + '        return forms.Media(js=["js/stie.js"])\n\n\nWIDGET = W()\n',
        "'js/site.js'",
    ),
    in_python(
        "P1",
        "text",
        "E031",
        6,
        FORMS + 'class F(forms.Form):\n    class Media:\n        js = ("js/site.js")\n',
        "['js/site.js']",
    ),
    in_python("P2", "module", "E032", 4, STATIC + 'LOGO = static("imgs/paper.svg")\n', "lazy"),
    in_python("P2", "class", "E032", 5, STATIC + 'class Page:\n    logo = static("imgs/paper.svg")\n'),
    in_python("P2", "default", "E032", 4, STATIC + 'def logo(path=static("imgs/paper.svg")):\n    return path\n'),
    # --- stylesheets ---
    in_css("C1", "url", "E041", "p { background: url(../imgs/papre.svg) }", "../imgs/paper.svg"),
    in_css("C1", "nested", "E041", "@media print { p { background: image-set(url(no.png) 1x) } }"),
    in_css("C1", "import", "E041", '@import "sites.css";', "site.css"),
    in_css("C1", "case", "E041", "p { background: url(../imgs/Paper.svg) }", "../imgs/paper.svg"),
    in_css("C2", "image-set", "E042", 'p { background: image-set("../imgs/papre.svg" 1x) }', "../imgs/paper.svg"),
    in_css("C2", "not rewritten", "E042", 'p { background: image-set("../imgs/paper.svg" 1x) }', "url("),
    in_css("C3", "css", "E043", "/*# sourceMappingURL=more.css.map */"),
    in_js("C3", "js", "E043", "//# sourceMappingURL=more.js.map"),
    Planted(
        "C4",
        "latin-1",
        "E044",
        "static/css/old.css",
        None,
        (Change("static/css/old.css", "p { content: 'é' }".encode("latin-1")),),
        "UTF-8",
    ),
    Planted(
        "C4",
        "cycle",
        "E044",
        "static/css/two.css",
        1,
        (Change("static/css/one.css", '@import "two.css";'), Change("static/css/two.css", '@import url("one.css");')),
    ),
    # --- scripts ---
    in_js("J1", "import", "E051", 'import { one } from "./util.js";', "import map", UTIL),
    in_js("J1", "URL", "E051", 'new URL("./util.js", import.meta.url);', "", UTIL),
    in_js("J2", "import", "E052", 'import "./utli.js";', "./util.js", UTIL),
    in_js("J2", "export from", "E052", "export*from'./no.js';"),
    in_js("J2", "dynamic", "E052", 'import( "./no.js" );'),
    in_js("J2", "URL", "E052", 'new Worker(new URL("./no.js", import.meta.url));'),
    in_js("J2", "bare", "W052", 'import "nowhere";', "import map"),
    # --- layout ---
    Planted(
        "L1",
        "two apps",
        "E061",
        "shop/static/shared/a.css",
        None,
        (
            Change("blog/static/shared/a.css", "a{}"),
            Change("shop/static/shared/a.css", "b{}"),
            Change("shop/__init__.py", ""),
            Change("shared/__init__.py", ""),
            setting('["blog", "shop", "shared", ', '["blog", '),
        ),
        "shop/a.css",
    ),
    Planted(
        "L2",
        "no namespace",
        "W062",
        "blog/static/style.css",
        None,
        (Change("blog/static/style.css", "a{}"),),
        "blog/static/blog/",
    ),
    Planted(
        "L3",
        "unused",
        "W063",
        "shop/static",
        None,
        (Change("shop/__init__.py", ""), Change("shop/static/shop/a.css", "a{}")),
        "INSTALLED_APPS",
    ),
    on_home(
        "L3",
        "used",
        "E063",
        "<img src=\"{% static 'shop/a.css' %}\">",
        "INSTALLED_APPS",
        Change("shop/__init__.py", ""),
        Change("shop/static/shop/a.css", "a{}"),
    ),
    Planted("L6", "case", "E066", "static/imgs/paper.svg", None, (Change("static/imgs/Paper.svg", "<svg/>"),)),
    on_home(
        "L7",
        "used",
        "E067",
        "<img src=\"{% static '.hidden/a.svg' %}\">",
        "Rename",
        Change("static/.hidden/a.svg", "<svg/>"),
    ),
    Planted(
        "L7",
        "well-known",
        "W067",
        "static/.well-known/security.txt",
        None,
        (Change("static/.well-known/security.txt", "x"),),
    ),
    on_home(
        "L9", "upload", "E069", "<img src=\"{% static 'media/photo.jpg' %}\">", "url", Change("media/photo.jpg", "x")
    ),
    Planted("L10", "hash", "E070", "static/imgs/a#b.svg", None, (Change("static/imgs/a#b.svg", "<svg/>"),)),
    Planted("L10", "reserved", "E070", "static/imgs/con.svg", None, (Change("static/imgs/con.svg", "<svg/>"),)),
    Planted("L10", "space at the end", "E070", "static/imgs /a.svg", None, (Change("static/imgs /a.svg", "<svg/>"),)),
    # --- more of the same rows ---
    in_python(
        "P1",
        "asset objects",
        "E031",
        6,
        FORMS + 'class F(forms.Form):\n    class Media:\n        js = [Script("js/no.js", defer=True)]\n',
    ),
    in_python(
        "P1",
        "sum",
        "E031",
        6,
        FORMS + 'class F(forms.Form):\n    class Media:\n        js: list = BASE + ["js/no.js"]\n',
    ),
    Planted("P1", "admin", "E031", "blog/admin.py", 7, (Change("blog/admin.py", ADMIN), WITH_ADMIN)),
    in_python(
        "P2",
        "storage",
        "E032",
        3,
        'from django.contrib.staticfiles.storage import staticfiles_storage as s\n\nLOGO = s.url("imgs/paper.svg")\n',
    ),
    in_js("H2", "import", "E022", 'import "/static/js/site.js";', "import map"),
    in_css("C3", "in the middle", "I043", "/*# sourceMappingURL=more.css.map */ a { color: red }"),
    in_js("C3", "old form", "I043", "/*# sourceMappingURL=more.js.map */"),
    Planted("L10", "colon", "E070", "static/imgs/a:b.svg", None, (Change("static/imgs/a:b.svg", "<svg/>"),)),
)
