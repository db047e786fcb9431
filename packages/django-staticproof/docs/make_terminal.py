"""Make docs/terminal.svg from a real run, in the folder of the package: `uv run docs/make_terminal.py`.

The small project of the tests gets some of the usual mistakes. Then `staticproof` proves it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.conftest import FILES, inherited

MISTAKES = {
    "templates/base.html": ("'css/site.css'", "'css/Site.css'"),
    "blog/templates/blog/home.html": (
        '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">',
        '<img src="{% static \'blog/imgs/dto.svg\' %}" alt="A dot">\n  <img src="/static/imgs/paper.svg" alt="">',
    ),
    "static/css/site.css": ("../imgs/paper.svg", "../imgs/papre.svg"),
    "static/js/site.js": ("document", 'import "./menu.js";\ndocument'),
}
COLUMNS = 134
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
 aria-label="The report of staticproof in a terminal">
<style>
text {{ font: {char_height}px/{line_height}px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#14181f"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plant(Path(folder))
        command = [sys.executable, "-m", "staticproof", "--force-color"]
        variables = {"XDG_CACHE_HOME": folder, "COLUMNS": str(COLUMNS)}
        done = subprocess.run(
            command, cwd=folder, env=inherited() | variables, capture_output=True, text=True, check=False
        )
    record(f"$ uv run --with django-staticproof staticproof\n\n{done.stdout}{done.stderr}")


def plant(folder: Path) -> None:
    """Write the project with its mistakes."""
    for path, text in (FILES | {"static/js/menu.js": "export const menu = 1;\n"}).items():
        old, new = MISTAKES.get(path, ("", ""))
        assert old in text
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace(old, new) if old else text, encoding="utf-8")


def record(output: str) -> None:
    """Write the output as a picture that needs no font of another host."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(output), highlight=False)
    svg = console.export_svg(title="", code_format=FRAME, unique_id="terminal")
    picture = Path(__file__).parent / "terminal.svg"
    picture.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    main()
