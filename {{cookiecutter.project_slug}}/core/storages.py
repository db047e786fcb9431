"""Uploads in an S3-compatible store: private, and never overwritten."""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):  # type: ignore[misc]
    """django-storages' S3 storage with safe defaults. It reads the settings AWS_*."""

    def get_default_settings(self) -> dict[str, Any]:
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {
            "default_acl": None,  # the bucket's own rule, which is private
            "querystring_auth": True,
            "querystring_expire": 60 * 60,  # seconds
            "file_overwrite": False,
            # Without timeouts, a store that does not answer would block threads.
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": defaults["addressing_style"]},
                connect_timeout=3,  # seconds
                read_timeout=10,  # seconds
                retries={"total_max_attempts": 2},
            ),
        }
