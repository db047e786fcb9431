"""Make the pictures of the README from a real run: `uv run docs/make_pictures.py`. It needs Chromium.

Cookiecutter's questions are answered in a terminal; its output becomes docs/terminal.svg. The generated
site is started in production, and screenshots of its home page become docs/home.png and docs/home-dark.png.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conftest import copy_template

DOCS = Path(__file__).resolve().parent
NAME = "Harbour Lane"
ANSWERS = [NAME, "", "Boats, books and coffee.", "Ada Harbour", "ada@example.com", "", "", ""]
COLUMNS = 100
PORT = 8765
SIZE = {"width": 1200, "height": 750}
# The frame of the package rich loads a font from another host; this one uses a font of the machine.
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
 aria-label="The terminal while a site is generated">
<style>
text {{ font: {char_height}px/{line_height}px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#0e1512"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy_template(Path(folder) / "template")
        record(generate(Path(folder)))
        photograph(Path(folder) / "harbour-lane")


def generate(folder: Path) -> str:
    """Answer Cookiecutter's questions in a terminal; return the whole output, with its colours."""
    config = folder / "config.yaml"
    config.write_text(f'replay_dir: "{folder / "replay"}"\ncookiecutters_dir: "{folder / "cloned"}"\n')
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "VIRTUAL_ENV"}}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "cookiecutter", str(folder / "template")],
        cwd=folder,
        env=plain | {"COOKIECUTTER_CONFIG": str(config), "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)},
        encoding="utf-8",
        dimensions=(50, COLUMNS),
        timeout=300,
    )
    output = ""
    for number, answer in enumerate(ANSWERS, 1):
        terminal.expect(rf"\[{number}/{len(ANSWERS)}\]")
        output += terminal.before + terminal.after
        terminal.expect(r"\)(\x1b\[[\d;]*m)*: ")
        output += terminal.before + terminal.after
        terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    if terminal.exitstatus:
        sys.exit(output + terminal.before)
    return output + str(terminal.before)


def record(output: str) -> None:
    """Write the output of the terminal as a picture."""
    text = Text.from_ansi(f"$ uvx cookiecutter gh:OWNER/REPO\n{output}".replace("\r", "").rstrip() + "\n ")
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(text, highlight=False)
    svg = console.export_svg(title="", code_format=FRAME, unique_id="terminal")
    (DOCS / "terminal.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")


def photograph(site: Path) -> None:
    """Start the site in production and take screenshots of its home page, light and dark."""
    production = {
        "DEBUG": "False",
        "SECRET_KEY": "p" * 50,
        "ALLOWED_HOSTS": "localhost",
        "SECURE_SSL_REDIRECT": "False",
    }
    environment = dict(os.environ) | production | {"PORT": str(PORT)}
    server = subprocess.Popen(
        [site / ".venv/bin/gunicorn", "config.wsgi"],
        cwd=site,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with suppress(OSError), urllib.request.urlopen(f"http://localhost:{PORT}/"):
                break
            time.sleep(0.1)
        with sync_playwright() as playwright:
            chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for name, scheme in (("home.png", "light"), ("home-dark.png", "dark")):
                page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(f"http://localhost:{PORT}/", wait_until="networkidle")
                page.screenshot(path=DOCS / name)
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
