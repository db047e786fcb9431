"""Random healthy templates and static files, and places in them for one fault each.

A seeded generator creates each variation, so that its number reproduces a failure. A test may pass another
generator.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from django import VERSION

SYLLABLES = [
    "logo",
    "größe",
    "北京",
    "a b",
    "o'clock",
    "v1.2",
    "x_y",
    "x-y",
    "UPPER",
    "data",
    "é",
    "main.min",
    "(1)",
    "a+b",
]
FOLDERS = ["imgs", "a/b/c/d", "deep er/ü", "static files", "Imgs.d", "vendor/lib-1.0"]
SUFFIXES = ["svg", "png", "css", "js", "woff2", "webp"]
# One fault each, as template text and the rule that it breaks; {name} is a file that exists, without quotes in it.
FAULTS = [
    ("{{% static 'no/{name}' %}}", "E004"),
    ("{{% static '/{name}' %}}", "E006"),
    ("{{% static 'static/{name}' %}}", "E008"),
    ("{{% static variable %}}", "W009"),
    ("<!-- {{% static 'no/{name}' %}} -->", "E010"),
    ('<img src="gone/picture.png">', "E011"),
    ('<a href="/static/{name}">x</a>', "E021"),
    ('<p style="background: url(/static/x.png)"></p>', "E022"),
    ("<script>let a = '/static/x.png';</script>", "E022"),
    ('<img src="{{{{ STATIC_URL }}}}{plain}">', "E023"),
    ("<img src=\"{{% static '{plain}' }}\">", "E002"),
    ("{{% static imgs/x.png %}}", "E003"),
]


@dataclass
class Variation:
    """The files of one site: static files by name, templates by name, and the place of the planted fault."""

    static: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    fault: tuple[str, str, int] | None = None  # rule, template, line


def make(number: int, *, faulty: bool, chance: random.Random | None = None) -> Variation:
    """Return the variation of this number: three templates that inherit from each other, with their files."""
    chance = chance or random.Random(number)
    made = Variation()
    names = [_name(chance, number) for _ in range(4)]
    made.static = dict.fromkeys(names, "")
    for name in names:
        made.static[name] = "<svg/>" if name.endswith("svg") else ""
    parts = [_pieces(chance, names, number) for _ in range(3)]
    if faulty:
        text, rule = chance.choice(FAULTS)
        plain = next((name for name in names if not set(name) & set(" '\"")), "imgs/x.png")
        quoted = next((name for name in names if "'" not in name), "imgs/x.png")
        victim = chance.choice(parts)
        at = chance.randrange(len(victim) + 1)
        victim.insert(at, "FAULT" + text.format(name=quoted, plain=plain))
    for depth, pieces in enumerate(parts):
        extends = (
            f'{{% extends "v{number}/level{depth - 1}.html" %}}\n' if depth else "<!doctype html>\n<title>x</title>\n"
        )
        block = f"{{% block content{depth - 1} %}}\n" if depth else ""
        end = "\n{% endblock %}" if depth else ""
        inner = f"\n{{% block content{depth} %}}{{% endblock %}}\n"
        text = f"{extends}{{% load i18n static %}}\n{block}" + "\n".join(pieces) + inner + end
        name = f"v{number}/level{depth}.html"
        if "FAULT" in text:
            made.fault = (rule, name, text[: text.index("FAULT")].count("\n") + 1)
            text = text.replace("FAULT", "")
        made.templates[name] = text
    made.templates[f"v{number}/part.html"] = f"{{% load static %}}<i>{_tag(chance.choice(names))}</i>"
    return made


def _name(chance: random.Random, number: int) -> str:
    parts = "".join(chance.sample(SYLLABLES, chance.randint(1, 3)))
    return f"v{number}/{chance.choice(FOLDERS)}/{parts}.{chance.choice(SUFFIXES)}"


def _tag(name: str, rest: str = "") -> str:
    quote = '"' if "'" in name else "'"
    return f"{{% static {quote}{name}{quote}{rest} %}}"


def _attribute(name: str) -> str:
    return f"'{_tag(name)}'" if "'" in name else f'"{_tag(name)}"'


def _pieces(chance: random.Random, names: list[str], number: int) -> list[str]:
    """Return correct lines of a template, in any order."""
    name, other = chance.choice(names), chance.choice(names)
    pieces = [
        f"<img src={_attribute(name)} alt=''>",
        f"<link rel=stylesheet href={_attribute(other)}>",
        f'{_tag(name, " as url")}<img src="{{{{ url }}}}">',
        f"{{% if a and not b %}}{_tag(name)}{{% elif c %}}{_tag(other)}{{% else %}}<b>{{% endif %}}",
        f"{{% for x in y %}}<img src={_attribute(name)}>{{% empty %}}-{{% endfor %}}",
        "{% verbatim %}{% static 'no.css' %} {{ mustache }}{% endverbatim %}",
        "{% comment \"note\" %}{% static no %}\n<img src='/static/no.png'>{% endcomment %}",
        "{# {% static 'no.css' %} #}",
        "<p>jinja-like: &#123;% static no %&#125; {{ '{%' }} %} }} { % x % }</p>",
        f'{{% include "v{number}/part.html" with x=1 only %}}',
        f"{{% partialdef p{chance.randrange(10**9)} inline %}}{_tag(name)}{{% endpartialdef %}}",
        f"{{% with x='imgs/no.png' %}}<img src={_attribute(other)} srcset=\"{{{{ x }}}} 2x\">{{% endwith %}}",
        "<a href=\"{% url 'home' %}\">{% translate \"x\" %}</a> <a href='/about/'>x</a> <a href='#x'>x</a>",
        '<img src="{{ object.image.url }}"> <img src="data:image/png;base64,AA=="> <img src="https://a.example/x.png">',
        "<!-- an ordinary comment about style.css and /static/ -->",
        f"<!-- {_tag(name)} -->",
        f"<style>p {{ background: url({_tag(name)}) }}</style>" if " " not in name and "'" not in name else "<b>x</b>",
        '<script>const a = {{ data|safe }}; const b = "/api/"; // import "./no.js"\n</script>',
        f"{{% spaceless %}}<p>{_tag(name)}</p>{{% endspaceless %}}",
    ]
    if VERSION < (6, 0):
        pieces = [piece for piece in pieces if "partialdef" not in piece]
    return chance.sample(pieces, chance.randint(3, len(pieces)))
