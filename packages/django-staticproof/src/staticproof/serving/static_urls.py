"""Recognise the URLs of static files, on any host."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.encoding import filepath_to_uri

from .collect import Collection


class StaticUrls:
    """Recognise the static URLs of one site.

    The proof requests pages from ``origin`` (``https://localhost/``). ``collection`` is None for a deployed site.
    """

    def __init__(self, origin: str, collection: Collection | None) -> None:
        self.origin = origin
        self.collection = collection
        self.prefix = urljoin(origin, f"{(settings.STATIC_URL or '/static').rstrip('/')}/")
        self.path = urlsplit(self.prefix).path
        self.hosts = {urlsplit(origin).netloc, urlsplit(self.prefix).netloc}
        self.allowed = [host for host in settings.ALLOWED_HOSTS if host != "*"]

    def name(self, url: str) -> str | None:
        """Return the name of the static file of a URL, hashed or not, or None for any other URL.

        The same path on another host counts when the host belongs to the site (a canonical domain in `og:image`), or
        when the file is known, because a CDN keeps the path.
        """
        parts = urlsplit(url)
        if not parts.path.startswith(self.path) or parts.path == self.path:
            return None
        name = unquote(parts.path.removeprefix(self.path))
        is_own = parts.netloc in self.hosts or validate_host(parts.netloc.partition(":")[0], self.allowed)
        return name if self._is_known(name) or (self.path != "/" and is_own) else None

    def address(self, url: str) -> str:
        """Return the address to request for a static URL: on the tested site, or unchanged for a deployed site."""
        if self.collection is None:
            return url
        parts = urlsplit(url)
        return urljoin(self.origin, parts._replace(scheme="", netloc="").geturl())

    def of(self, name: str) -> str:
        """Return the address to request for the static file of a (hashed) name."""
        return self.address(self.prefix + filepath_to_uri(name))

    def file(self, name: str) -> Path | None:
        """Return the collected file of a name, hashed or not, or None when it does not exist.

        django-compressor writes files to its COMPRESS_ROOT while a page renders.
        """
        root = (
            self.collection.root
            if self.collection and self._is_known(name)
            else getattr(settings, "COMPRESS_ROOT", None)
        )
        path = Path(root, name) if root else None
        return path if path and path.is_file() else None

    def _is_known(self, name: str) -> bool:
        return self.collection is not None and (name in self.collection.hashed or name in self.collection.names)
