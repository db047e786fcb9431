"""WhiteNoise as Django's middleware: says which files exist, and serves them wherever the edge does not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from .static_file import StaticFile

# Where the edge leaves a list in the WSGI environ, for the middleware to put its table into. No client can set it: what
# comes with a request is named HTTP_... there.
INTRODUCTION = "edge.introduction"


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's middleware with its scan and its settings, answering by all rules of RFC 9110."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, or introduce this middleware to the edge with an empty answer."""
        introduction: list[StaticFilesMiddleware] | None = request.META.get(INTRODUCTION)
        if introduction is None:
            return super().__call__(request)
        introduction.append(self)
        response = HttpResponse(status=204)
        del response["Content-Type"]
        return response

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        """What WhiteNoise knows of a file, with our answers."""
        return StaticFile(super().get_static_file(path, url, stat_cache=stat_cache))
