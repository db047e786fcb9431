"""Make the pictures of the README from a real run: `uv run docs/make_pictures.py`, with Chromium on the machine.

Cookiecutter is answered at a real terminal, and what it shows becomes docs/terminal.svg and the text in the README. The
site that it made is started as production and photographed: docs/home.png and docs/home-dark.png.
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

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
README = ROOT / "README.md"
NAME = "Harbour Lane"
ANSWERS = [NAME, "", "Boats, books and coffee.", "Ada Harbour", "ada@example.com", "", "", ""]
COLUMNS = 100
PORT = 8765
SIZE = {"width": 1200, "height": 750}
# rich's own frame loads a font from another host; this one takes what is there.
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
        said = generated(Path(folder))
        record(said)
        photograph(Path(folder) / "harbour-lane")


def generated(folder: Path) -> str:
    """Answer Cookiecutter's questions at a terminal; returns all that the terminal showed, colours included."""
    config = folder / "config.yaml"
    config.write_text(f'replay_dir: "{folder / "replay"}"\ncookiecutters_dir: "{folder / "cloned"}"\n')
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "VIRTUAL_ENV"}}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "cookiecutter", str(ROOT)],
        cwd=folder,
        env=plain | {"COOKIECUTTER_CONFIG": str(config), "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)},
        encoding="utf-8",
        dimensions=(50, COLUMNS),
        timeout=300,
    )
    said = ""
    for number, answer in enumerate(ANSWERS, 1):
        terminal.expect(rf"\[{number}/{len(ANSWERS)}\]")
        said += terminal.before + terminal.after
        terminal.expect(r"\)(\x1b\[[\d;]*m)*: ")
        said += terminal.before + terminal.after
        terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    if terminal.exitstatus:
        sys.exit(said + terminal.before)
    return said + str(terminal.before)


def record(said: str) -> None:
    """Write what the terminal showed as a picture, and its last part into the README."""
    text = Text.from_ansi(f"$ uvx cookiecutter gh:OWNER/REPO\n{said}".replace("\r", "").rstrip() + "\n ")
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(text, highlight=False)
    svg = console.export_svg(title="", code_format=FRAME, unique_id="terminal")
    (DOCS / "terminal.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")

    plain = text.plain
    shown = plain[plain.index("  Installing the site") :].rstrip()
    readme = README.read_text(encoding="utf-8")
    block = re.compile(r"(?<=from a real run\):\n\n```text\n).*?(?=\n```)", re.DOTALL)
    assert block.search(readme)
    README.write_text(block.sub(lambda _: shown, readme, count=1), encoding="utf-8")


def photograph(site: Path) -> None:
    """Start the site as production does and take its home page, in a light room and in a dark one."""
    production = {
        "DEBUG": "False",
        "SECRET_KEY": "p" * 50,
        "ALLOWED_HOSTS": "localhost",
        "SECURE_SSL_REDIRECT": "False",
    }
    environment = dict(os.environ) | production | {"PORT": str(PORT)}
    server = subprocess.Popen([site / ".venv/bin/gunicorn", "config.wsgi"], cwd=site, env=environment)
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
