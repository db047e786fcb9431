"""Uploads in any S3-compatible store: private, behind signed URLs that end, and never written over."""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):  # type: ignore[misc]
    """django-storages' storage with safe defaults; the settings AWS_* name the bucket, the key and the place."""

    def get_default_settings(self) -> dict[str, Any]:
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {
            "default_acl": None,  # the bucket's own rule, which is private
            "querystring_auth": True,
            "querystring_expire": 60 * 60,  # seconds
            "file_overwrite": False,
            # A store that does not answer costs one upload, not the thread that waits for it.
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": defaults["addressing_style"]},
                connect_timeout=3,  # seconds, like the next
                read_timeout=10,
                retries={"total_max_attempts": 2},
            ),
        }
