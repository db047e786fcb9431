"""The watcher: which files it looks at, what it prints, and that no error stops it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import override_settings

from staticproof.findings import Finding, Level
from staticproof.live import watcher
from staticproof.live.watcher import Watcher, look
from staticproof.serving import places


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder of a site, for the settings of this process."""
    root = tmp_path.resolve()
    folders = {"STATIC_ROOT": root / "collected", "MEDIA_ROOT": root / "uploads", "STATICFILES_DIRS": [root / "assets"]}
    with override_settings(BASE_DIR=root, **folders):
        yield root


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_it_looks_at_the_files_that_the_analysis_reads(site: Path) -> None:
    read = ["a.py", "pyproject.toml", "templates/a.html", "assets/a.bin", "blog/static/blog/a.woff2", "blog/a.css"]
    unread = ["db.sqlite3", "debug.log", ".git/a.py", "collected/a.css", "uploads/a.html", "node_modules/a.js"]
    write(site, *read, *unread, "mine/pyvenv.cfg", "mine/lib/a.py")
    assert sorted(Path(path).relative_to(site).as_posix() for path in look()) == sorted(read)


def test_it_sees_each_change(site: Path) -> None:
    write(site, "a.html", "assets/b.svg")
    seen = look()
    assert look() == seen
    write(site, "assets/c.svg")
    added = look()
    assert added != seen
    (site / "a.html").write_text("longer than before")
    assert look() != added
    (site / "a.html").unlink()
    (site / "assets/c.svg").unlink()
    assert look() != seen


def test_links_to_themselves_and_to_folders_above_are_passed_over(site: Path) -> None:
    write(site, "assets/a.svg")
    (site / "assets/self").symlink_to(site / "assets/self")
    (site / "assets/above").symlink_to(site)
    (site / "assets/nowhere").symlink_to(site / "missing")
    assert [Path(path).name for path in look()] == ["a.svg"]


def test_an_error_does_not_stop_it(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the first looks fails, in the analysis or before it. The terminal shows an error once."""
    finding = Finding(4, Level.ERROR, "A fault.", "A hint.", site / "a.html", 3)
    turns: list[str] = ["look", "analyse", "analyse", "healthy", "fault", "healthy", "end"]
    watched, failures = Watcher(), []

    def turn_of_look() -> watcher.Stamps:
        failures.append(watched.state("/")["numbers"])
        if turns[0] == "end":
            raise SystemExit
        if turns[0] == "look":
            turns.pop(0)
            raise OSError("The disk is gone.")
        return {turns[0]: (len(turns), 0)}

    def turn_of_analyse(*, third_party: bool) -> list[Finding]:
        turn = turns.pop(0)
        return [finding] if turn == "fault" else [] if turn == "healthy" else [][1]

    monkeypatch.setattr(watcher, "look", turn_of_look)
    monkeypatch.setattr(watcher, "analyse", turn_of_analyse)
    monkeypatch.setattr(watcher, "statistics", lambda: {"templates": 2, "references": 3})
    monkeypatch.setattr(watcher, "last_proof", lambda _: None)
    monkeypatch.setattr(watcher, "INTERVAL", 0.0)
    with pytest.raises(SystemExit):
        watched.run()
    stopped = "The analysis stopped, and is tried again:"
    assert capsys.readouterr().err.splitlines() == [
        f"{stopped} OSError: The disk is gone.",
        f"{stopped} IndexError: list index out of range",
        "a.html:3: A fault. [staticproof.E004]",
        "    A hint.",
        "Repaired: a.html:3 [staticproof.E004]",
    ]
    assert failures[1] == [f"{stopped} OSError: The disk is gone."]
    assert failures[-1] == ["2 templates read, 3 references proven.", "No proof yet: run manage.py provestatic."]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('{"ok": true, "summary": {"pages": 3, "files": 9, "static_files_followed": 4}}',
         "The last proof passed: 3 pages, 4 of 9 static files fetched."),
        ('{"ok": false, "summary": {"pages": 0, "files": 9, "static_files_followed": 0}}',
         "The last proof failed: 0 pages, 0 of 9 static files fetched."),
        ("[]", "No proof yet: run manage.py provestatic."),
        ("{", "No proof yet: run manage.py provestatic."),
    ],
)  # fmt: skip
def test_the_numbers_of_the_last_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, shown: str
) -> None:
    (tmp_path / "proof.json").write_text(content)
    monkeypatch.setattr(watcher, "last_proof", lambda _: tmp_path / "proof.json")
    monkeypatch.setattr(watcher, "statistics", lambda: {"templates": 2, "references": 3})
    assert watcher._numbers() == ["2 templates read, 3 references proven.", shown]


def test_a_blocked_script_is_forgotten_when_its_template_is_saved(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another nonce is not another finding."""
    write(site, "a.html")
    monkeypatch.setattr(places, "of_text", lambda *_: (site / "a.html", 7))
    monkeypatch.setattr(watcher, "analyse", lambda **_: [])
    monkeypatch.setattr(watcher, "_numbers", list)
    watched = Watcher()
    for nonce in ("one", "two"):
        policy = f"default-src 'none'; script-src 'self' 'nonce-{nonce}'"
        page = HttpResponse("<body><script>alert()</script></body>", headers={"Content-Security-Policy": policy})
        assert watched.look_at_page(
            "/", "http://localhost/", page, b'<script src="/__staticproof__/panel.js"></script>'
        )
    [finding] = watched.state("/")["findings"]
    assert (finding["id"], finding["place"]) == ("staticproof.E088", "a.html:7")
    assert watched.state("/other/")["findings"] == []
    watched._analyse({"b.html": (1, 1)})
    assert len(watched.state("/")["findings"]) == 1
    (site / "a.html").write_text("saved")
    watched._analyse({"a.html": (2, 2)})
    assert watched.state("/")["findings"] == []
    printed = capsys.readouterr().err
    assert printed.count("[staticproof.E088]") == 2
    assert printed.count("Repaired: a.html:7") == 1
