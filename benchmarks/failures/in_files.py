"""The failures of the rows P, C, J, L and S, in files and settings of a generated site."""

from failures.planting import SETTINGS, Change, Fault, at_the_end, in_file, in_settings, on_page

FORM = """\
from django import forms


class SearchForm(forms.Form):
    class Media:
        css = {"all": ["pages/css/serach.css"]}
"""
ADMIN = "from django.contrib import admin\n\n\nclass NoteAdmin(admin.ModelAdmin):\n    class Media:\n"
BRANDING = 'from django.templatetags.static import static\n\nLOGO = static("imgs/og.png")\n'
VIEWS = "pages/views.py"
SHORTCUTS = "from django.shortcuts import render\n"
IMPORTED = Change(VIEWS, f"from pages import branding  # noqa: F401\n{SHORTCUTS}", SHORTCUTS)
CSS, JS = "static/css/more.css", "static/js/more.js"
SHOP = (Change("shop/__init__.py", ""), Change("shop/static/shop/css/shop.css", "a { color: red }\n"))
WHITENOISE = '    "whitenoise.middleware.WhiteNoiseMiddleware",\n'
MESSAGES = '    "django.contrib.messages.middleware.MessageMiddleware",\n'
MANIFEST = '"whitenoise_edge.storage.CompressedManifestStaticFilesStorage"'
STATIC_ROOT = 'BASE_DIR / "staticfiles"'
STATIC_URL = 'STATIC_URL = f"{env.STATIC_HOST}/static/"'
STATICFILES_DIRS = 'STATICFILES_DIRS = [BASE_DIR / "static"]'
MEDIA_ROOT = "MEDIA_ROOT = env.MEDIA_ROOT"
MEDIA_URL = 'MEDIA_URL = "/media/"'
MORE = "WHITENOISE_MIMETYPES = {"


PAYMENT = 'if not DEBUG:\n    PAYMENT_KEY = os.environ["PAYMENT_KEY"]\n'
CHUNK = 'import "./main-9c8d7e6f.js";\nexport default 1;\n'
IGNORED = CHUNK.replace("\n", " // staticproof: ignore W051 -- made by a bundler\n", 1)
# The chunks import the entry by its plain name, the page loads it by its hashed name: it runs twice.
BUNDLE = (
    Change(SETTINGS, "WHITENOISE_KEEP_ONLY_HASHED_FILES = False", "WHITENOISE_KEEP_ONLY_HASHED_FILES = True"),
    Change("static/app/main-9c8d7e6f.js", "".join(f'import("./chunk{n}-4f3a2b1c.js");\n' for n in range(4))),
    Change("static/app/chunk0-4f3a2b1c.js", IGNORED),
    *(Change(f"static/app/chunk{n}-4f3a2b1c.js", CHUNK) for n in range(1, 4)),
    at_the_end('<script type="module" src="{% static \'app/main-9c8d7e6f.js\' %}"></script>'),
)


def dependent(page: str) -> Fault:
    """Return a fault in an error page: it extends `base.html`, which needs the manifest."""
    path = f"templates/{page}.html"
    changes = (Change(path, '{% extends "base.html" %}', '{% extends "errors/base.html" %}'),)
    first = '{% static "imgs/og.png" as og_image %}'
    return Fault("S7", f"page {page}", "E087", "templates/base.html", first, changes, served=True, collected=True)


def served(row: str, variant: str, number: str, file: str | None, *changes: Change) -> Fault:
    """Return a fault that only serving the collected files can find."""
    return Fault(row, variant, number, file, None, changes, served=True, collected=True)


FAULTS = (
    in_file("P1", "form", "E031", "pages/forms.py", FORM, "css ="),
    in_file("P1", "admin", "E031", "pages/admin.py", f'{ADMIN}        js = ["js/note.js"]\n', "js ="),
    in_file("P2", "module", "E032", "pages/branding.py", BRANDING, "LOGO =", IMPORTED),
    in_file("C1", "url", "E041", CSS, "\np { background: url(../imgs/gone.png) }\n", "p {"),
    in_file("C1", "import", "E041", CSS, '@import "gone.css";\n', "@import"),
    in_file("C2", "image-set", "E042", CSS, '\np { background: image-set("../imgs/gone.png" 1x) }\n', "p {"),
    in_file("C3", "stylesheet", "E043", CSS, "p { color: red }\n/*# sourceMappingURL=more.css.map */\n", "/*#"),
    in_file("C3", "script", "E043", JS, "export default 1;\n//# sourceMappingURL=more.js.map\n", "//#"),
    Fault("C4", "Latin-1", "E044", CSS, None, (Change(CSS, "p::after { content: 'é' }\n".encode("latin-1")),)),
    Fault(
        "C4",
        "cycle",
        "E044",
        "static/css/two.css",
        "@import",
        (Change("static/css/one.css", '@import "two.css";\n'), Change("static/css/two.css", '@import "one.css";\n')),
    ),
    in_file("J1", "import", "E051", JS, 'import dismiss from "./dismiss.js";\n\ndismiss(document);\n', "import"),
    in_file("J2", "import", "E052", JS, 'import dismiss from "./dismis.js";\n\ndismiss(document);\n', "import"),
    in_file("J2", "export from", "E052", JS, '\nexport * from "./gone.js";\n', "export"),
    in_file("J2", "import()", "E052", JS, '\nimport("./gone.js");\n', "import"),
    in_file("J2", "new URL", "E052", JS, '\nnew Worker(new URL("./gone.js", import.meta.url));\n', "new Worker"),
    Fault(
        "L1",
        "two apps",
        "E061",
        "pages/static/pages/css/about.css",
        None,
        (Change("accounts/static/pages/css/about.css", "a { color: red }\n"),),
    ),
    in_file("L2", "no namespace", "W062", "pages/static/style.css", "a { color: red }\n", None),
    Fault("L3", "unused", "W063", "shop/static", None, SHOP),
    on_page("L3", "used", "E063", '<link rel="stylesheet" href="{% static \'shop/css/shop.css\' %}">', *SHOP),
    in_settings("L4", "inside", "E064", "STATIC_ROOT =", (STATIC_ROOT, 'BASE_DIR / "static" / "collected"')),
    in_settings("L4", "the same", "E064", "STATIC_ROOT =", (STATIC_ROOT, 'BASE_DIR / "static"')),
    in_settings("L4", "around", "E064", "STATIC_ROOT =", (STATIC_ROOT, 'BASE_DIR / "pages"')),
    in_settings(
        "L5",
        "no folder",
        "E065",
        "STATICFILES_DIRS =",
        (STATICFILES_DIRS, STATICFILES_DIRS.replace("[", '[BASE_DIR / "assets", ')),
    ),
    Fault("L6", "case", "E066", "static/js/main.js", None, (Change("static/js/Main.js", "export default 1;\n"),)),
    on_page(
        "L7",
        "used",
        "E067",
        '<img src="{% static \'.hidden/a.svg\' %}" alt="">',
        Change("static/.hidden/a.svg", "<svg/>"),
    ),
    in_file("L7", "well-known", "W067", "static/.well-known/security.txt", "Contact: mailto:a@example.com\n", None),
    Fault(
        "L8",
        "dist",
        "E068",
        ".gitignore",
        "dist/",
        (
            Change(".gitignore", "dist/\n# Made by the site\n", "# Made by the site\n"),
            Change("static/dist/app.css", "a { color: red }\n"),
            at_the_end('<link rel="stylesheet" href="{% static \'dist/app.css\' %}">'),
        ),
    ),
    in_settings(
        "L9", "in the sources", "E069", "MEDIA_ROOT =", (MEDIA_ROOT, 'MEDIA_ROOT = BASE_DIR / "static" / "media"')
    ),
    in_settings(
        "L9",
        "in the collected",
        "E069",
        "MEDIA_ROOT =",
        (MEDIA_ROOT, 'MEDIA_ROOT = BASE_DIR / "staticfiles" / "media"'),
    ),
    in_settings("L9", "URLs", "E069", "MEDIA_URL =", (MEDIA_URL, 'MEDIA_URL = "/static/media/"')),
    on_page("L9", "upload", "E069", '<img src="{% static \'media/me.jpg\' %}" alt="">', Change("media/me.jpg", "x")),
    in_file("L10", "number sign", "E070", "static/imgs/no#1.svg", "<svg/>", None),
    in_file("L10", "reserved", "E070", "static/imgs/aux.svg", "<svg/>", None),
    in_settings("S1", "missing", "E081", "MIDDLEWARE = [", (WHITENOISE, "")),
    in_settings("S1", "late", "W081", "MIDDLEWARE = [", (WHITENOISE, ""), (MESSAGES, MESSAGES + WHITENOISE)),
    in_settings(
        "S2",
        "dead setting",
        "E082",
        "STATICFILES_STORAGE",
        (MEDIA_URL, f"{MEDIA_URL}\nSTATICFILES_STORAGE = {MANIFEST}"),
    ),
    in_settings(
        "S2",
        "plain storage",
        "W082",
        "STORAGES:",
        (MANIFEST, '"django.contrib.staticfiles.storage.StaticFilesStorage"'),
    ),
    in_settings(
        "S2",
        "no key default",
        "E082",
        "STORAGES:",
        ('    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},\n', ""),
    ),
    in_settings(
        "S2", "no key staticfiles", "E082", "STORAGES:", (f'    "staticfiles": {{"BACKEND": {MANIFEST}}},\n', "")
    ),
    in_settings("S3", "no STATIC_ROOT", "E083", "STATIC_ROOT =", (STATIC_ROOT, "None")),
    in_settings("S3", "no slash", "E083", "STATIC_URL =", (STATIC_URL, 'STATIC_URL = "/static"')),
    served(
        "S4",
        "changed since",
        "E084",
        "staticfiles/staticfiles.json",
        Change("static/js/dismiss.js", "export default () => {};\n"),
    ),
    served(
        "S4", "new since", "E084", "staticfiles/staticfiles.json", Change("static/js/more.js", "export default 1;\n")
    ),
    served("S5", "gone", "E085", "staticfiles/css/site.*.css", Change("staticfiles/css/site.*.css", None)),
    served(
        "S5", "damaged variant", "E085", "staticfiles/css/site.*.css.br", Change("staticfiles/css/site.*.css.br", b"x")
    ),
    served(
        "S6", "type", "E086", "static/icons/favicon.ico", Change(SETTINGS, f'{MORE}\n    ".ico": "text/plain",', MORE)
    ),
    served("S6", "lifetime", "E086", None, Change(SETTINGS, f'WHITENOISE_IMMUTABLE_FILE_TEST = "never"\n{MORE}', MORE)),
    served(
        "S6", "not served", "E086", None, Change(SETTINGS, f'WHITENOISE_STATIC_PREFIX = "/elsewhere/"\n{MORE}', MORE)
    ),
    dependent("500"),
    on_page("S8", "inline script", "E088", '<script>document.title = "About";</script>'),
    Fault("S9", "variable", "W089", None, None, (Change(SETTINGS, PAYMENT + MEDIA_URL, MEDIA_URL),), development=True),
    Fault("J3", "chunks of a bundler", "E090", None, None, BUNDLE),
)
