"""Sites and folders of static files of any size."""

from __future__ import annotations

import random
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
COMMENTS = {".css": "/* {} */", ".js": "// {}", ".svg": "<!-- {} -->"}


def grow(site: Path, target: Path, templates: int, files: int) -> Path:
    """Copy a site, add so many templates and static files that refer to each other, and return ``target``."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns(".venv", "staticfiles"), symlinks=True)
    (target / ".venv").symlink_to((site / ".venv").resolve(), target_is_directory=True)
    names = []
    for number in range(files):
        folder = number % 10
        if folder == 0:  # of ten files, one is a stylesheet, one a script, and eight are images
            rules = "".join(RULE.format(number=n, folder=n % 8 + 1) for n in range(30))
            name, text = f"css/d{folder}/s{number}.css", f"/* {number} */\n{rules}"
        elif folder == 9:
            functions = "".join(FUNCTION.format(number=n) for n in range(30))
            name, text = f"js/d{folder}/s{number}.js", f"// {number}\n{functions}"
        else:
            name = f"imgs/d{folder}/i{number}.svg"
            text = f"<svg xmlns='http://www.w3.org/2000/svg'><title>{number}</title></svg>"
        names.append(name)
        _write(target / "static" / name, text)
    head = "{% load static %}\n<!doctype html>\n<html lang=en><body>\n"
    for number in range(templates):
        sections = "".join(SECTION.format(number=n, name=names[(number * 7 + n) % files]) for n in range(8))
        _write(target / "templates" / f"d{number % 40}" / f"t{number}.html", f"{head}{sections}</body></html>\n")
    return target


def admins(admin: Path, target: Path, files: int) -> None:
    """Write copies of the static files of `django.contrib.admin`, each with a comment that makes it unique.

    The last copy is incomplete if the number requires it. In each copy, stylesheets come last, because they refer to
    the other files.
    """
    found = (path for path in admin.rglob("*") if path.is_file())
    sources = sorted(found, key=lambda path: (path.suffix == ".css", path))
    for number in range(files):
        copy, index = divmod(number, len(sources))
        path = target / f"copy{copy}" / sources[index].relative_to(admin)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sources[index], path)
        comment(path, f"copy {copy}")


def small(target: Path, files: int) -> None:
    """Write files of 1 to 4 kB, the same each time: of ten, four scripts, three stylesheets and three images."""
    words = random.Random(files)
    names = [words.randbytes(words.randint(2, 5)).hex() for _ in range(400)]
    for number in range(files):
        folder = target / f"d{number // 100}"
        kind = number % 10
        text = " ".join(words.choices(names, k=400 if kind < 4 else 150))
        if kind < 4:
            _write(folder / f"s{number}.js", f"export const words = '{text}'\n")
        elif kind < 7:
            image = f"i{number + 3}.svg" if number + 3 < files else ""
            rule = f'body {{ background: url("{image}") }}\n' if image else ""
            _write(folder / f"c{number}.css", f"{rule}/* {text} */\n")
        else:
            _write(folder / f"i{number}.svg", f"<svg><text>{text}</text></svg>\n")


def comment(path: Path, text: str) -> None:
    """Append a comment in the language of the file, or a line of text."""
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + COMMENTS.get(path.suffix, "{}").format(text) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
