"""Static files are served as production serves them."""

import gzip
import re
from collections.abc import Callable
from contextlib import closing

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponseBase
from django.test import Client

# The end of a response is the end of a request, at which Django looks at its database connections.
pytestmark = pytest.mark.django_db


def get(client: Client, path: str, encoding: str = "identity") -> tuple[HttpResponseBase, bytes]:
    """The response of WhiteNoise, a file that has to be closed, and the bytes in it."""
    with closing(client.get(path, headers={"accept-encoding": encoding})) as response:
        return response, response.getvalue()


@pytest.fixture
def stylesheet() -> str:
    return staticfiles_storage.url("css/site.css")


def test_static_urls_carry_a_hash(stylesheet: str) -> None:
    assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", stylesheet)


def test_static_files_may_be_kept_for_ever(client: Client, stylesheet: str) -> None:
    response, _ = get(client, stylesheet)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/css")
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("encoding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_static_files_are_compressed(
    client: Client, stylesheet: str, encoding: str, decode: Callable[[bytes], bytes]
) -> None:
    response, packed = get(client, stylesheet, encoding)
    assert response["Content-Encoding"] == encoding
    assert decode(packed) == get(client, stylesheet)[1]


def test_names_without_a_hash_are_not_served(client: Client) -> None:
    assert client.get("/static/css/site.css").status_code == 404


def test_missing_static_files_are_not_found(client: Client) -> None:
    assert client.get("/static/nowhere.css").status_code == 404


def test_uploads_are_not_served_by_the_site(client: Client) -> None:
    assert client.get("/media/upload.txt").status_code == 404
