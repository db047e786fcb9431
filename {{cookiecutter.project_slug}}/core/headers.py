"""Headers of static files, and the origin of uploads for the Content Security Policy."""

from urllib.parse import urlsplit
from wsgiref.headers import Headers

from django.conf import settings


def add_static_headers(headers: Headers, path: str, url: str) -> None:
    """Add STATIC_FILE_HEADERS to a static file. WhiteNoise calls this for each file."""
    for name, value in settings.STATIC_FILE_HEADERS.items():
        headers[name] = value


def upload_origin(bucket: str, style: str, endpoint: str | None, region: str | None) -> str:
    """Return the origin from which browsers load the uploads of an S3-compatible store.

    ``style`` is "path" if URLs name the bucket in the path, or "virtual" if they name it in the host.
    """
    amazon = f"https://s3.{region}.amazonaws.com" if region else "https://s3.amazonaws.com"
    store = urlsplit(endpoint or amazon)
    return f"{store.scheme}://{bucket}.{store.netloc}" if style == "virtual" else f"{store.scheme}://{store.netloc}"
