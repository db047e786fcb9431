"""Uploads cannot act as a part of the site, and their size is limited."""

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from storages.backends.s3 import S3Storage

from core.storages import s3_storage, upload_origin

# Closing a file ends its request, and Django then looks at its database connections.
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("photo.jpg", "image/jpeg", "inline"),
        ("drawing.svg", "image/svg+xml", "inline"),
        ("page.html", "application/octet-stream", "attachment"),
        ("script.js", "application/octet-stream", "attachment"),
        ("page.html.gz", "application/octet-stream", "attachment"),
        ("no-extension", "application/octet-stream", "attachment"),
    ],
)
def test_an_upload_cannot_act_as_a_part_of_the_site(
    client: Client, folder: Path, name: str, content_type: str, disposition: str
) -> None:
    (folder / name).write_bytes(b"<script>alert(1)</script>")
    with closing(client.get(f"/media/{name}")) as response:
        assert response.status_code == 200
        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"] == disposition
        assert response["Content-Security-Policy"].endswith("; sandbox")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in response


@pytest.mark.parametrize("path", ["missing.jpg", "", "folder/", "../secret", "..%2fsecret", "%00", "a%5c..%5cb"])
def test_no_other_file_is_served(client: Client, folder: Path, path: str) -> None:
    (folder / "folder").mkdir()
    (folder.parent / "secret").write_text("secret")
    assert client.get(f"/media/{path}").status_code in {404, 400}


@pytest.mark.parametrize(("size", "status"), [(9_000, 200), (10_001, 400)])
def test_a_form_with_too_large_files_is_refused(client: Client, settings: Settings, size: int, status: int) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000
    file = SimpleUploadedFile("photo.jpg", b"x" * size)
    assert client.post(reverse("login"), {"file": file}).status_code == status


@pytest.mark.parametrize(
    ("style", "endpoint", "region", "origin"),
    [
        ("", None, "eu-central-1", "https://boats.s3.eu-central-1.amazonaws.com"),
        ("", "https://store.example.com:9000", None, "https://store.example.com:9000"),
        ("virtual", "https://store.example.com", "auto", "https://boats.store.example.com"),
    ],
)
def test_a_url_in_a_bucket_is_signed_and_allowed_by_the_policy(
    style: str, endpoint: str | None, region: str | None, origin: str
) -> None:
    names = ("STORAGE_BUCKET_NAME", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "S3_REGION_NAME", "S3_ENDPOINT_URL")
    values = dict(zip(names, ("boats", "key", "key", region, endpoint), strict=True), S3_ADDRESSING_STYLE=style)
    env = SimpleNamespace(**{f"AWS_{name}": value for name, value in values.items()})
    storage = S3Storage(**s3_storage(env)["OPTIONS"])
    url = urlsplit(storage.url("photo.jpg"))
    assert upload_origin(s3_storage(env)) == origin == f"{url.scheme}://{url.netloc}"
    assert parse_qs(url.query)["X-Amz-Expires"] == ["3600"]
    assert (storage.file_overwrite, storage.default_acl, storage.querystring_auth) == (False, None, True)
