"""Uploads on this machine: handed out so that none of them can act as a part of the site, and not too large."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

# A file that is closed ends its request, and Django then looks at its database connections.
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("photo.jpg", "image/jpeg", "inline"),
        ("drawing.svg", "image/svg+xml", "inline"),
        ("film.mp4", "video/mp4", "inline"),
        ("page.html", "application/octet-stream", "attachment"),
        ("script.js", "application/octet-stream", "attachment"),
        ("style.css", "application/octet-stream", "attachment"),
        ("page.html.gz", "application/octet-stream", "attachment"),
        ("paper.pdf", "application/octet-stream", "attachment"),
        ("nothing", "application/octet-stream", "attachment"),
    ],
)
def test_an_upload_is_never_a_part_of_the_site(
    client: Client, folder: Path, name: str, kind: str, disposition: str
) -> None:
    (folder / name).write_bytes(b"<script>alert(1)</script>")
    with closing(client.get(f"/media/{name}")) as response:
        assert response.status_code == 200
        assert response["Content-Type"] == kind
        assert response["Content-Disposition"] == disposition
        assert response["Content-Security-Policy"].endswith("; sandbox")
        assert "'self'" not in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in response


@pytest.mark.parametrize("path", ["gone.jpg", "", "folder", "folder/", "../secret", "..%2fsecret", "%00", "a%5c..%5cb"])
def test_nothing_else_is_handed_out(client: Client, folder: Path, path: str) -> None:
    (folder / "folder").mkdir()
    (folder.parent / "secret").write_text("secret")
    assert client.get(f"/media/{path}").status_code in {404, 400}


def send(client: Client, size: int) -> Any:
    return client.post("/accounts/login/", {"file": SimpleUploadedFile("photo.jpg", b"x" * size)})


def test_a_form_with_files_that_are_too_large_is_refused(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000
    assert send(client, 9_000).status_code == 200
    assert send(client, 10_001).status_code == 400
