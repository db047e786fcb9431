"""How long staticproof's system checks take, and how that grows with the site.

    uv run benchmarks/staticproof/checks.py                generates a site first
    uv run benchmarks/staticproof/checks.py --site FOLDER  takes a copy of this generated site

Each size is a generated site with so many more templates and static files. Timed is what `check`, `runserver` and every
other command add to their start: one call of the checks, without starting Django. *Cold* is the first process ever,
*warm* the best of the next ones, as when `runserver` reloads; *again* the best second call in one process: what else
the machine does at the time is nobody's cost. The table is printed and written to checks.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tests"))

from conftest import PRODUCTION, Site, generate, run

SIZES = ((10, 100), (30, 300), (100, 1000), (300, 2000), (1000, 5000))  # templates, static files
WARM_RUNS = 5
TIMED = """\
import time
import django
django.setup()
from staticproof.checks import check_static_references
from staticproof.analysis import statistics
for _ in range(2):
    began = time.perf_counter()
    found = check_static_references(None)
    print(time.perf_counter() - began)
print(len(found), statistics()["references"])
"""
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


def main() -> None:
    """Measure every size and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, help="a generated site with its environment")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = arguments.site or Path(folder, "generated", "my-site")
        if not arguments.site:
            generate(site.parent)
        lines = [
            f"Seconds that the checks take: {platform.system()}, {os.cpu_count()} cores, Python {_version(site)}.",
            "",
            "| templates | static files | references | cold | warm | again |",
            "|---:|---:|---:|---:|---:|---:|",
        ]
        for templates, files in SIZES:
            grown = grow(site.resolve(), Path(folder, f"site-{templates}"), templates, files)
            lines.append(f"| {templates} | {files} | {' | '.join(measure(grown))} |")
            print(lines[-1], flush=True)
    table = "\n".join([*lines, ""])
    print(f"\n{table}")
    Path(__file__).with_suffix(".md").write_text(f"# What the checks cost\n\n{table}", encoding="utf-8")


def grow(site: Path, target: Path, templates: int, files: int) -> Site:
    """A copy of a site with so many more templates and static files, which refer to each other."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns(".venv", "staticfiles"), symlinks=True)
    (target / ".venv").symlink_to((site / ".venv").resolve(), target_is_directory=True)
    names = []
    for number in range(files):
        folder = number % 10
        if folder == 0:  # one stylesheet, one script and eight images of ten
            name, text = (
                f"css/d{folder}/s{number}.css",
                "".join(RULE.format(number=n, folder=n % 8 + 1) for n in range(30)),
            )
        elif folder == 9:
            name, text = f"js/d{folder}/s{number}.js", "".join(FUNCTION.format(number=n) for n in range(30))
        else:
            name = f"imgs/d{folder}/i{number}.svg"
            text = "<svg xmlns='http://www.w3.org/2000/svg'/>"
        names.append(name)
        _write(target / "static" / name, text)
    for number in range(templates):
        sections = (SECTION.format(number=n, name=names[(number * 7 + n) % files]) for n in range(8))
        head = "{% load static %}\n<!doctype html>\n<html lang=en><body>\n"
        _write(
            target / "templates" / f"d{number % 40}" / f"t{number}.html", f"{head}{''.join(sections)}</body></html>\n"
        )
    return Site(target, "")


def measure(site: Site) -> list[str]:
    """The number of references, and the seconds cold, warm and again."""
    with tempfile.TemporaryDirectory() as cache:
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "XDG_CACHE_HOME": cache}
        runs = []
        for _ in range(1 + WARM_RUNS):
            done = run(site.python, "-c", TIMED, cwd=site.path, **PRODUCTION, **settings)
            assert done.returncode == 0, done.stderr
            first, again, counts = done.stdout.splitlines()
            found, references = counts.split()
            assert found == "0", done.stdout
            runs.append((float(first), float(again)))
    cold = runs[0][0]
    warm, again_ = (min(times) for times in zip(*runs[1:], strict=True))
    return [references, *(f"{seconds:.2f}" for seconds in (cold, warm, again_))]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _version(site: Path) -> str:
    return run(
        Site(site, "").python, "-c", "import platform; print(platform.python_version())", cwd=site
    ).stdout.strip()


if __name__ == "__main__":
    main()
