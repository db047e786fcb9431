"""The recipes of the site's README, performed word for word on a generated site."""

from __future__ import annotations

import http.client
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Site, run
from servers import get, procfile


class Hunk(NamedTuple):
    """One change of a ```diff block: the file that the text above the block names, the old lines, and the new ones."""

    file: str
    old: str
    new: str


def section(site: Site, title: str) -> str:
    text = (site.path / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title!r}"
    return found[1]


def hunks(text: str) -> list[Hunk]:
    """Return the changes of the ```diff blocks. A blank line separates two changes of one block."""
    found = []
    for match in re.finditer(r"```diff\n(.*?)```", text, re.DOTALL):
        file = re.findall(r"`([\w/.]+\.\w+)`", text[: match.start()])[-1]
        for change in match[1].split("\n\n"):
            lines = change.rstrip("\n").split("\n")
            old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
            new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
            found.append(Hunk(file, old, new))
    return found


def apply(site: Site, title: str) -> list[Hunk]:
    changes = hunks(section(site, title))
    for hunk in changes:
        path = site.path / hunk.file
        text = path.read_text(encoding="utf-8")
        old, new = (hunk.old, hunk.new) if hunk.old in text else (hunk.old.rstrip("\n"), hunk.new.rstrip("\n"))
        assert text.count(old) == 1, f"{hunk.file} has {text.count(old)} times: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return changes


@pytest.fixture
def own_environment(copy: Site) -> Site:
    """A copy of the site with an environment of its own, to install and remove packages."""
    (copy.path / ".venv").unlink()
    done = run("uv", "sync", "--locked", cwd=copy.path)
    assert done.returncode == 0, done.stderr
    return copy


def test_plain_whitenoise(own_environment: Site, tmp_path: Path) -> None:
    site = own_environment
    changes = apply(site, "Plain WhiteNoise")
    assert sum(len(hunk.old.splitlines()) for hunk in changes) == 3, "three lines"
    removed = run("uv", "remove", "--offline", "whitenoise-edge", cwd=site.path)
    assert removed.returncode == 0, removed.stderr
    assert not list(site.path.glob(".venv/lib/python3*/site-packages/whitenoise_edge"))

    tests = site.tool("pytest", "-q")
    assert tests.returncode == 0, tests.stdout
    proof = site.manage("provestatic")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    with procfile(site, tmp_path / "web.log") as (port, _):
        response, body = get(port, "/")
        assert response.status == 200
        for path in set(re.findall(rb'"(/static/[^"]+)"', body)):
            answer = get(port, path.decode())[0]
            assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True), path


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext is not on this machine")
def test_a_second_language(copy: Site, tmp_path: Path) -> None:
    apply(copy, "Languages")
    (commands,) = re.findall(r"```sh\n(.*?)```", section(copy, "Languages"), re.DOTALL)
    for command in commands.splitlines():
        if "compilemessages" in command:
            catalogue = copy.path / "locale" / "fr" / "LC_MESSAGES" / "django.po"
            text = catalogue.read_text(encoding="utf-8")
            assert "site-packages" not in text
            catalogue.write_text(text.replace('msgid "Home"\nmsgstr ""', 'msgid "Home"\nmsgstr "Accueil"'))
        words = command.removeprefix("uv run ").split()
        if words[0] == "manage.py":
            words = [str(copy.python), *words]
        done = run(*words, cwd=copy.path)
        assert done.returncode == 0, done.stdout + done.stderr

    assert copy.manage("collectstatic", "--no-input").returncode == 0
    with procfile(copy, tmp_path / "web.log") as (port, _):
        assert b">Home</a>" in get(port, "/")[1]
        french = {"Host": "localhost", "X-Forwarded-Proto": "https", "Accept-Language": "fr"}
        response, body = get(port, "/", french)
        assert response.headers["Content-Language"] == "fr"
        assert b'<html lang="fr">' in body
        assert b">Accueil</a>" in body
        assert switched(port) == "fr"


def switched(port: int) -> str | None:
    """Choose French in the footer of the home page, and return the language of the next page."""
    response, body = get(port, "/")
    token = re.findall(rb'name="csrfmiddlewaretoken" value="([^"]+)"', body)[-1].decode()
    cookie = response.headers["Set-Cookie"].split(";")[0]
    headers = {
        "Host": "localhost", "X-Forwarded-Proto": "https", "Origin": "https://localhost", "Cookie": cookie,
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/i18n/setlang/", f"csrfmiddlewaretoken={token}&language=fr", headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302
    chosen = answer.headers["Set-Cookie"].split(";")[0]
    headers = {"Host": "localhost", "X-Forwarded-Proto": "https", "Cookie": chosen}
    return get(port, "/", headers)[0].headers["Content-Language"]
