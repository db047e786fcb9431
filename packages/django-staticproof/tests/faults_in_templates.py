"""The faults of the rows T and H, one by one. Each names the finding, file and line that it must give."""

from .planted import HOME, Change, Planted, home, in_css, in_js, in_python, on_home

MAIL = "{% load static %}<img src=\"{% static 'imgs/paper.svg' %}\">"
STATIC = "from django.templatetags.static import static\n\n\n"
SENDING = """\
from django.core.mail import send_mail
from django.template.loader import render_to_string


def hello():
    send_mail("a", "b", "c", ["d"], html_message=render_to_string("hello.html"))
"""


def named(template: str) -> Change:
    """Return a Python file that names a template, because a fault in an unused template is only a warning."""
    return Change("blog/names.py", f'TEMPLATE = "{template}"\n')


FAULTS = (
    # --- templates: tags ---
    Planted("T1", "child", "E001", HOME, 4, (Change(HOME, "\n", "{% load static %}\n"),), "{% load static %}"),
    Planted(
        "T1", "prefix", "E001", HOME, 4, (Change(HOME, "\n", "{% load static %}\n"), home("{% get_media_prefix %}"))
    ),
    on_home("T2", "brace", "E002", "<script src=\"{% static 'js/site.js' }\"></script>", "{% static 'path' %}"),
    on_home("T2", "quote", "E002", '<img src="{% static \'css/site.css" %}">'),
    on_home("T2", "other quote", "E002", "<img src=\"{% static 'imgs/paper.svg\" alt=''>"),
    on_home("T2", "never closed", "E002", "<img src=\"{% static 'css/site.css' \">"),
    on_home(
        "T2",
        "closed by the next",
        "E002",
        "<img src=\"{% static 'js/site.js' }\"><img src=\"{% static 'css/site.css' %}\">",
    ),
    on_home("T2", "two lines", "E002", "<img src=\"{% static\n'css/site.css' %}\">"),
    on_home("T2", "variable braces", "E002", "<img src=\"{{ static 'css/site.css' }}\">"),
    on_home("T3", "path", "E003", '<img src="{% static css/site.css %}">', "{% static 'css/site.css' %}"),
    on_home("T3", "like a variable", "E003", '<img src="{% static site.css %}">', "{% static 'css/site.css' %}"),
    on_home("T4", "typo", "E004", "<img src=\"{% static 'css/stie.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T4", "namespace", "E004", "<img src=\"{% static 'dot.svg' %}\">", "{% static 'blog/imgs/dot.svg' %}"),
    on_home(
        "T4",
        "in a branch",
        "E004",
        "{% if a %}{% for b in c %}{% static 'css/no.css' as x %}{{ x }}{% endfor %}{% endif %}",
    ),
    on_home("T4", "in a partial", "E004", "{% partialdef p %}{% static 'css/no.css' %}{% endpartialdef %}"),
    on_home("T4", "not normal", "E004", "<img src=\"{% static './css/site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home("T4", "complete URL", "E004", "<img src=\"{% static 'https://cdn.example/a.css' %}\">", "without the tag"),
    in_python(
        "T4",
        "in a function",
        "E004",
        5,
        STATIC + 'def logo():\n    return static("imgs/papre.svg")\n',
        "imgs/paper.svg",
    ),
    on_home("T5", "case", "E005", "<img src=\"{% static 'css/Site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home(
        "T5",
        "Unicode form",
        "E005",
        "<img src=\"{% static 'imgs/cafe\u0301.svg' %}\">",
        "imgs/caf\u00e9.svg",
        Change("static/imgs/caf\u00e9.svg", "<svg/>"),
    ),
    on_home("T6", "slash", "E006", "<img src=\"{% static '/css/site.css' %}\">", "{% static 'css/site.css' %}"),
    on_home(
        "T6", "static URL", "E006", "<img src=\"{% static '/static/css/site.css' %}\">", "{% static 'css/site.css' %}"
    ),
    on_home("T7", "folder", "E007", "<img src=\"{% static 'imgs/' %}{{ name }}\">", "{% if %}"),
    on_home("T7", "beginning", "E007", "<img src=\"{% static 'imgs/pap' %}{{ name }}\">"),
    on_home("T7", "no slash", "E007", "{% static 'imgs' as base %}<img src=\"{{ base }}/{{ name }}\">"),
    on_home(
        "T8", "static", "E008", "<img src=\"{% static 'static/imgs/paper.svg' %}\">", "{% static 'imgs/paper.svg' %}"
    ),
    on_home(
        "T8",
        "app",
        "E008",
        "<img src=\"{% static 'blog/static/blog/imgs/dot.svg' %}\">",
        "{% static 'blog/imgs/dot.svg' %}",
    ),
    on_home("T9", "variable", "W009", '<img src="{% static post.image %}">', "ignore W009"),
    on_home("T9", "filter", "W009", "<img src=\"{% static 'imgs/'|add:name %}\">"),
    on_home("T10", "comment", "E010", "<!-- {% static 'css/gone.css' %} -->", "{#"),
    on_home("T11", "stylesheet", "E011", '<link rel="stylesheet" href="site.css">', "{% static 'css/site.css' %}"),
    on_home("T11", "image", "E011", '<img src="../imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("T11", "srcset", "E011", '<img srcset="imgs/paper.svg 2x">'),
    on_home("T11", "in a branch", "E011", '<img src="{% if a %}imgs/paper.svg{% endif %}">'),
    on_home("T11", "style", "E011", '<p style="background: url(imgs/paper.svg)">'),
    on_home("T11", "inline module", "E011", '<script type="module">import "./js/site.js";</script>'),
    Planted(
        "T12",
        "folder",
        "E012",
        "templates/mail/hello.html",
        1,
        (Change("templates/mail/hello.html", MAIL), named("mail/hello.html")),
        "https://{{ domain }}",
    ),
    Planted(
        "T12",
        "name",
        "E012",
        "templates/welcome_email.html",
        1,
        (Change("templates/welcome_email.html", MAIL), named("welcome_email.html")),
    ),
    Planted(
        "T12",
        "by use",
        "E012",
        "templates/hello.html",
        1,
        (
            Change("templates/hello.html", "{% load static %}{% static 'imgs/paper.svg' as u %}<img src=\"{{ u }}\">"),
            Change(
                "blog/extra.py",
                SENDING,
            ),
        ),
    ),
    # --- templates: hard-coded ---
    on_home("H1", "img", "E021", '<img src="/static/imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("H1", "a", "E021", '<a href="/static/imgs/paper.svg">x</a>'),
    on_home("H1", "video poster", "E021", '<video poster="/static/imgs/paper.svg"></video>'),
    on_home("H1", "use", "E021", '<svg><use href="/static/imgs/paper.svg#a"/></svg>'),
    on_home("H1", "srcset", "E021", '<source srcset="{{ x }} 1x, /static/imgs/paper.svg 2x">'),
    on_home("H1", "branch", "E021", '<img src="{% if a %}/static/imgs/paper.svg{% endif %}">'),
    on_home(
        "H1",
        "behind a variable",
        "E021",
        '<meta property="og:image" content="https://{{ host }}/static/imgs/paper.svg">',
    ),
    on_home("H1", "data", "E021", '<p data-x=\'{"a": "/static/imgs/paper.svg"}\'>'),
    on_home("H1", "missing too", "E021", '<img src="/static/imgs/papre.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home("H2", "style attribute", "E022", '<p style="background: url(/static/imgs/paper.svg)">'),
    on_home("H2", "style element", "E022", "<style>p { background: url(/static/imgs/paper.svg) }</style>"),
    on_home("H2", "inline script", "E022", '<script>new Image().src = "/static/imgs/paper.svg";</script>'),
    on_home("H2", "handler", "E022", "<p onclick=\"location = '/static/imgs/paper.svg'\">"),
    on_home("H2", "JSON", "E022", '<script type="application/ld+json">{"image": "/static/imgs/paper.svg"}</script>'),
    in_css("H2", "stylesheet", "I022", "p { background: url(/static/imgs/paper.svg) }", "../imgs/paper.svg"),
    in_css(
        "H2", "not rewritten", "E022", 'p { background: image-set("/static/imgs/paper.svg" 1x) }', "../imgs/paper.svg"
    ),
    in_css("H2", "missing", "E041", "p { background: url(/static/imgs/papre.svg) }", "../imgs/paper.svg"),
    in_js("H2", "script", "E022", 'fetch("/static/imgs/paper.svg");'),
    in_js("H2", "template literal", "E022", "fetch(`/static/${name}`);"),
    in_js("H2", "sum", "E022", 'fetch("/static/" + name);'),
    in_python("H2", "Python", "E022", 1, 'LOGO = "/static/imgs/paper.svg"\n', "static('imgs/paper.svg')"),
    in_python("H2", "f-string", "E022", 2, 'def logo(name):\n    return f"/static/{name}"\n'),
    in_python("H2", "HTML in Python", "E022", 1, "LOGO = '<img src=\"/static/imgs/paper.svg\">'\n"),
    on_home("H3", "variable", "E023", '<img src="{{ STATIC_URL }}imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"),
    on_home(
        "H3", "prefix tag", "E023", '<img src="{% get_static_prefix %}imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"
    ),
    on_home("T11", "import map", "E011", '<script type="importmap">{"imports": {"a": "./js/site.js"}}</script>'),
    on_home(
        "T11", "meta", "E011", '<meta property="og:image" content="imgs/paper.svg">', "{% static 'imgs/paper.svg' %}"
    ),
    on_home("H1", "variable in it", "E021", '<img src="/static/imgs/{{ name }}.svg">', "Build the whole path"),
    on_home("J2", "bare, inline", "W052", '<script type="module">import "nowhere";</script>', "import map"),
    Planted(
        "H2",
        "script template",
        "E022",
        "templates/sw.js",
        2,
        (Change("templates/sw.js", "//\nfetch('/static/{{ a }}');"), named("sw.js")),
    ),
    Planted(
        "H2",
        "style template",
        "E022",
        "templates/a.css",
        1,
        (Change("templates/a.css", "a { fill: url(/static/a.svg) }"), named("a.css")),
    ),
    Planted(
        "T12",
        "by name in Python",
        "E012",
        "templates/hello.html",
        1,
        (
            Change("templates/hello.html", MAIL),
            Change("blog/extra.py", "VIEW = view(html_email_template_name='hello.html')\n"),
        ),
    ),
    Planted(
        "T12",
        "by variable in Python",
        "E012",
        "templates/hello.html",
        1,
        (Change("templates/hello.html", MAIL), Change("blog/extra.py", "email_template_name = 'hello.html'\n")),
    ),
)
