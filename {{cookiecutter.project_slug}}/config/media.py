"""Uploads: how large they may be, and how those on this machine are handed out, so that none acts as part of the site.

Whoever uploads a page, a script or an image with a script in it shall reach nobody's session with it: a file has an
origin of its own (sandbox), no script or style of the site can come from it (its type), and what is neither picture,
sound nor film is saved, not shown.
"""

import mimetypes
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

SHOWN = ("image/", "audio/", "video/")
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_safe
def uploaded(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file ``path`` of MEDIA_ROOT.

    Raises:
        Http404: when there is none.
    """
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    kind = mimetypes.guess_type(path)[0] or ""
    shown = kind.startswith(SHOWN)
    response["Content-Type"] = kind if shown else "application/octet-stream"
    response["Content-Disposition"] = "inline" if shown else "attachment"
    response["Content-Security-Policy"] = POLICY
    del response["Content-Encoding"]  # a compressed file is a file, not a way to send another
    return response


class UploadLimit(FileUploadHandler):
    """Refuses a form whose files are larger together than UPLOAD_MAX_BYTES, before any of it is read or kept."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig(f"The form has {content_length} bytes; UPLOAD_MAX_MEGABYTES allows fewer.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data  # for the handlers after this one

    def file_complete(self, file_size: int) -> None:
        return None
