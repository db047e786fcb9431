"""The failures of the rows T and H, in templates, stylesheets, scripts and Python of a generated site."""

from failures.planting import ABOUT, Change, Fault, in_file, on_page

SENDING = """\
from django.core.mail import send_mail
from django.template.loader import render_to_string


def welcome(address: str) -> None:
    send_mail("Welcome", "Welcome!", None, [address], html_message=render_to_string("mail/welcome.html"))
"""
SENT = '{% load static %}\n<p>Welcome!</p>\n<img src="{% static \'imgs/og.png\' %}" alt="">\n'

FAULTS = (
    Fault(
        "T1",
        "child template",
        "E001",
        ABOUT,
        '<link rel="stylesheet" href="{% static \'pages/css/about.css\' %}">',
        (Change(ABOUT, "", "{% load static %}\n"),),
    ),
    on_page("T2", "one brace", "E002", "<script src=\"{% static 'js/main.js' }\"></script>"),
    on_page("T2", "other quote", "E002", '<img src="{% static \'imgs/og.png" alt="">'),
    on_page("T3", "no quotes", "E003", '<link rel="stylesheet" href="{% static css/site.css %}">'),
    on_page("T4", "typo", "E004", '<link rel="stylesheet" href="{% static \'css/stie.css\' %}">'),
    on_page("T5", "case", "E005", '<img src="{% static \'imgs/OG.png\' %}" alt="">'),
    on_page("T6", "leading slash", "E006", '<img src="{% static \'/imgs/og.png\' %}" alt="">'),
    on_page("T7", "prefix", "E007", '<img src="{% static \'imgs/\' %}{{ name }}" alt="">'),
    on_page("T8", "folder's name", "E008", '<img src="{% static \'static/imgs/og.png\' %}" alt="">'),
    on_page("T9", "variable", "W009", '{% with a="imgs/og.png" %}<img src="{% static a %}" alt="">{% endwith %}'),
    on_page("T10", "HTML comment", "E010", "<!-- {% static 'css/gone.css' %} -->"),
    on_page("T11", "relative", "E011", '<link rel="stylesheet" href="styles.css">'),
    on_page("T11", "relative image", "E011", '<img src="../imgs/og.png" alt="">'),
    in_file("T12", "mail", "E012", "templates/mail/welcome.html", SENT, "<img", Change("pages/mails.py", SENDING)),
    on_page("H1", "img", "E021", '<img src="/static/imgs/og.png" alt="">'),
    on_page("H1", "a", "E021", '<a href="/static/imgs/og.png">The picture</a>'),
    on_page("H1", "object", "E021", '<object data="/static/imgs/og.png"></object>'),
    on_page("H1", "use", "E021", '<svg><use href="/static/icons/icon.svg#mark"/></svg>'),
    on_page("H1", "srcset", "E021", '<img srcset="/static/imgs/og.png 2x" alt="">'),
    on_page(
        "H2",
        "style attribute",
        "E022",
        '<p style="background: url(/static/imgs/og.png)">x</p>',
        right="<p style=\"background: url({% static 'imgs/og.png' %})\">x</p>",
    ),
    on_page("H2", "inline script", "E022", '<script>new Image().src = "/static/imgs/og.png";</script>'),
    in_file("H2", "stylesheet", "I022", "static/css/more.css", "\np { background: url(/static/imgs/og.png) }\n", "p {"),
    in_file("H2", "script", "E022", "static/js/more.js", '\nfetch("/static/imgs/og.png");\n', "fetch"),
    in_file("H2", "Python", "E022", "pages/branding.py", '"""The logo."""\n\nLOGO = "/static/imgs/og.png"\n', "LOGO"),
    on_page("H3", "STATIC_URL", "E023", '<img src="{{ STATIC_URL }}imgs/og.png" alt="">'),
    on_page("H3", "get_static_prefix", "E023", '<img src="{% get_static_prefix %}imgs/og.png" alt="">'),
)
