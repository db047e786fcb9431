"""Uploads in an S3-compatible store: what is decided before anything is sent."""

from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from config.headers import store_origin
from config.storages import MediaStorage


@pytest.mark.parametrize(
    ("style", "endpoint", "region"),
    [
        ("virtual", None, "eu-central-1"),
        ("virtual", None, None),
        ("path", "https://store.example.com:9000", None),
        ("virtual", "https://store.example.com", "auto"),
    ],
)
def test_a_link_is_signed_ends_and_goes_where_the_policy_allows(
    settings: Settings, style: str, endpoint: str | None, region: str | None
) -> None:
    settings.AWS_STORAGE_BUCKET_NAME = "boats"
    settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = "key"
    settings.AWS_S3_ADDRESSING_STYLE, settings.AWS_S3_ENDPOINT_URL, settings.AWS_S3_REGION_NAME = (
        style,
        endpoint,
        region,
    )
    url = urlsplit(MediaStorage().url("photo.jpg"))
    assert f"{url.scheme}://{url.netloc}" == store_origin("boats", style, endpoint, region)
    query = parse_qs(url.query)
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-Signature"]


def test_nothing_is_written_over_or_public(settings: Settings) -> None:
    settings.AWS_STORAGE_BUCKET_NAME = "boats"
    storage = MediaStorage()
    assert storage.file_overwrite is False
    assert storage.default_acl is None
    assert storage.querystring_auth is True
    assert storage.client_config.connect_timeout == 3
