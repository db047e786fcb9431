"""Uploads in an S3-compatible store: private, and never overwritten."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config


def s3_storage(env: SimpleNamespace) -> dict[str, Any]:
    """Return an entry of STORAGES for django-storages, from the variables AWS_*."""
    # Most stores other than Amazon's expect the bucket in the path.
    style = env.AWS_S3_ADDRESSING_STYLE or ("path" if env.AWS_S3_ENDPOINT_URL else "virtual")
    # In seconds: a store that does not answer must not block threads.
    timeouts: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
    options = {
        "bucket_name": env.AWS_STORAGE_BUCKET_NAME,
        "access_key": env.AWS_ACCESS_KEY_ID,
        "secret_key": env.AWS_SECRET_ACCESS_KEY,
        "region_name": env.AWS_S3_REGION_NAME,
        "endpoint_url": env.AWS_S3_ENDPOINT_URL,
        "addressing_style": style,
        "default_acl": None,  # the bucket's own rule, which is private
        "querystring_expire": 60 * 60,  # seconds: URLs are signed
        "file_overwrite": False,
        "client_config": Config(signature_version="s3v4", s3={"addressing_style": style}, **timeouts),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def upload_origin(storage: dict[str, Any]) -> str:
    """Return the origin from which browsers load uploads, for the Content Security Policy."""
    options = storage["OPTIONS"]
    region = f".{options['region_name']}" if options["region_name"] else ""
    store = urlsplit(options["endpoint_url"] or f"https://s3{region}.amazonaws.com")
    bucket = f"{options['bucket_name']}." if options["addressing_style"] == "virtual" else ""
    return f"{store.scheme}://{bucket}{store.netloc}"
