"""Uploads: their largest size, and how the site serves those in MEDIA_ROOT."""

import mimetypes
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

SHOWN_INLINE = ("image/", "audio/", "video/")
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_safe
def serve_upload(request: HttpRequest, path: str) -> HttpResponseBase:
    """Return the file ``path`` in MEDIA_ROOT, or raise Http404. An upload must not run as a part of the site.

    So it has an origin of its own (CSP `sandbox`), and everything but images, audio and video is downloaded.
    """
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    content_type = mimetypes.guess_type(path)[0] or ""
    inline = content_type.startswith(SHOWN_INLINE)
    response["Content-Type"] = content_type if inline else "application/octet-stream"
    response["Content-Disposition"] = "inline" if inline else "attachment"
    response["Content-Security-Policy"] = POLICY
    del response["Content-Encoding"]  # a .gz file is sent as it is
    return response


class UploadLimit(FileUploadHandler):
    """Refuses a form with more than UPLOAD_MAX_BYTES before any file is read."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig(f"The form has {content_length} bytes; UPLOAD_MAX_MEGABYTES allows fewer.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data  # for the next handler

    def file_complete(self, file_size: int) -> None:
        return None
