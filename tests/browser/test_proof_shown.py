"""The numbers on the home page are those of the last proof, whatever it found."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from conftest import PRODUCTION, Site
from servers import get, procfile


class Proof(HTMLParser):
    """The section of the home page about the proof: its text, and the numbers with their names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(re.search(r'<section [^>]*aria-labelledby="proof">.*?</section>', html, re.DOTALL)[0])  # type: ignore[index]
        self.text = " ".join(self.text.split())
        self.numbers = {name: int(number) for name, number in re.findall(r"<dt>([a-z ]+)</dt>\s*<dd>(\d+)</dd>", html)}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_what_the_last_proof_found(copy: Site, tmp_path: Path) -> None:
    """Before any proof, with a fault planted, and when it is mended; the server runs all the while."""
    environment = PRODUCTION | {"XDG_CACHE_HOME": str(tmp_path / "cache")}  # where reports are kept
    with procfile(copy, tmp_path / "web.log", **environment) as (port, _):

        def shown() -> Proof:
            response, body = get(port, "/")
            assert response.status == 200
            return Proof(body.decode())

        assert shown().text.startswith("Not proven here yet")
        assert shown().numbers == {}

        about = copy.path / "pages/templates/pages/about.html"
        healthy = about.read_text(encoding="utf-8")
        about.write_text(healthy.replace("pages/imgs/frame.svg", "pages/imgs/frane.svg"), encoding="utf-8")
        assert copy.manage("provestatic", cwd=copy.path, **environment).returncode == 1
        assert shown().text.startswith("Not proven 1 fault was found")
        assert shown().numbers == {}

        about.write_text(healthy, encoding="utf-8")
        proven = copy.manage("provestatic", "--format", "json", cwd=copy.path, **environment)
        assert proven.returncode == 0, proven.stdout
        summary = json.loads(proven.stdout)["summary"]
        assert shown().text.startswith("Proven, not promised")
        assert re.search(r"That was \d+ minutes? ago\.", shown().text)
        assert shown().numbers == {
            "files collected": summary["files"],
            "references proven": summary["references"],
            "pages fetched": summary["pages"],
            "headers checked": summary["headers"],
        }
        assert min(shown().numbers.values()) > 0
