"""Static files to collect: Django's own, as often as it takes, or small ones without end."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

COMMENTS = {".css": "/* {} */", ".js": "// {}", ".svg": "<!-- {} -->"}


def admins(admin: Path, target: Path, files: int) -> None:
    """Whole copies of the static files of `django.contrib.admin`; a comment at the end makes each content unique.

    The last copy is cut where the number is reached. Stylesheets, which refer to others, come last in each.
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
    """Of ten files four are scripts and three stylesheets of 1 to 4 kB, which show three images; always the same."""
    words = random.Random(files)
    names = [words.randbytes(words.randint(2, 5)).hex() for _ in range(400)]
    for number in range(files):
        folder = target / f"d{number // 100}"
        folder.mkdir(parents=True, exist_ok=True)
        kind = number % 10
        text = " ".join(words.choices(names, k=400 if kind < 4 else 150))
        if kind < 4:
            (folder / f"s{number}.js").write_text(f"export const words = '{text}'\n", encoding="utf-8")
        elif kind < 7:
            image = f"i{number + 3}.svg" if number + 3 < files else ""
            rule = f'body {{ background: url("{image}") }}\n' if image else ""
            (folder / f"c{number}.css").write_text(f"{rule}/* {text} */\n", encoding="utf-8")
        else:
            (folder / f"i{number}.svg").write_text(f"<svg><text>{text}</text></svg>\n", encoding="utf-8")


def comment(path: Path, text: str) -> None:
    """Append a comment in the file's own language; to files of other kinds, which are licences, a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + COMMENTS.get(path.suffix, "{}").format(text) + "\n")
