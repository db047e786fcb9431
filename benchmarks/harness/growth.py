"""Sites of any size: a generated one with more templates and static files."""

from __future__ import annotations

import shutil
from pathlib import Path

SECTION = """\
  <section class="card" id="s{number}">
    <h2>{{% block h{number} %}}{{{{ title }}}}{{% endblock %}}</h2>
    {{% if user.is_authenticated %}}<a href="{{% url 'pages:home' %}}">{{{{ user.username }}}}</a>{{% endif %}}
    {{% for item in items %}}<li>{{{{ item.name }}}} <span>{{{{ item.price|floatformat:2 }}}}</span></li>{{% endfor %}}
    <img src="{{% static '{name}' %}}" alt="" loading="lazy">
    <p>Words, words, words: a section of a page has some of them, and now and then a <a href="/about/">link</a>.</p>
  </section>
"""
RULE = ".c{number} {{ color: #123; background: url(../../imgs/d{folder}/i{folder}.svg) no-repeat; }}\n"
FUNCTION = "export function f{number}(a, b) {{ return document.querySelector('#id{number}').textContent = a + b; }}\n"


def grow(site: Path, target: Path, templates: int, files: int) -> Path:
    """A copy of a site with so many more templates and static files, which refer to each other; returns ``target``."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns(".venv", "staticfiles"), symlinks=True)
    (target / ".venv").symlink_to((site / ".venv").resolve(), target_is_directory=True)
    names = []
    for number in range(files):
        folder = number % 10
        if folder == 0:  # one stylesheet, one script and eight images of ten
            name, text = (
                f"css/d{folder}/s{number}.css",
                f"/* {number} */\n" + "".join(RULE.format(number=n, folder=n % 8 + 1) for n in range(30)),
            )
        elif folder == 9:
            name = f"js/d{folder}/s{number}.js"
            text = f"// {number}\n" + "".join(FUNCTION.format(number=n) for n in range(30))
        else:
            name = f"imgs/d{folder}/i{number}.svg"
            text = f"<svg xmlns='http://www.w3.org/2000/svg'><title>{number}</title></svg>"
        names.append(name)
        _write(target / "static" / name, text)
    for number in range(templates):
        sections = (SECTION.format(number=n, name=names[(number * 7 + n) % files]) for n in range(8))
        head = "{% load static %}\n<!doctype html>\n<html lang=en><body>\n"
        _write(
            target / "templates" / f"d{number % 40}" / f"t{number}.html", f"{head}{''.join(sections)}</body></html>\n"
        )
    return target


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
