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

# Closing a file ends its request, and Django then looks at its database connections.
pytestmark = pytest.mark.django_db


def get(client: Client, path: str, encoding: str = "identity") -> tuple[HttpResponseBase, bytes]:
    with closing(client.get(path, headers={"accept-encoding": encoding})) as response:
        return response, response.getvalue()


@pytest.fixture
def stylesheet() -> str:
    return staticfiles_storage.url("css/site.css")


def test_static_urls_have_a_hash_and_are_immutable(client: Client, stylesheet: str) -> None:
    assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", stylesheet)
    response, _ = get(client, stylesheet)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/css")
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize(("encoding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_static_files_are_compressed(
    client: Client, stylesheet: str, encoding: str, decode: Callable[[bytes], bytes]
) -> None:
    response, compressed = get(client, stylesheet, encoding)
    assert response["Content-Encoding"] == encoding
    assert decode(compressed) == get(client, stylesheet)[1]


@pytest.mark.parametrize("path", ["/static/css/site.css", "/static/missing.css", "/media/missing.txt"])
def test_names_without_a_hash_and_missing_files_are_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
