"""A body is refused by what it declares, and counted while it comes: neither memory nor disk fills up."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from common.errors import PortalError

View = Callable[..., HttpResponse]
Refusal = Callable[[], PortalError]
FORM_BYTES = 64 * 1024  # the other fields and the boundaries of the form
PIECE = 64 * 1024
# read and thrown away up to here: a browser shows an answer only once its body was taken
DRAINED = 64 * 1024 * 1024


class TooLarge(PortalError):
    status = 413
    code = "document_too_large"


class OneDocument(FileUploadHandler):
    """All files of a request together stay under the limit for one; no temporary file is written."""

    def __init__(self, request: HttpRequest, limit: int, refusal: Refusal) -> None:
        super().__init__(request)
        self.received, self.limit, self.refusal = 0, limit, refusal

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > self.limit:
            raise self.refusal()
        self.content.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.content.seek(0)
        return InMemoryUploadedFile(
            self.content, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )


def takes_a_document(view: View) -> View:
    return takes_a_file(view, lambda: settings.DOCUMENT_MAX_BYTES, too_large)


def takes_a_file(view: View, limit: Callable[[], int], refusal: Refusal) -> View:
    """The handler has to be in place before the form is read, and the check of its origin reads the form."""
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            _refuse_large(request, limit(), refusal)
            request.upload_handlers = [OneDocument(request, limit(), refusal)]
        return checked(request, *args, **kwargs)

    return bounded


def _refuse_large(request: HttpRequest, limit: int, refusal: Refusal) -> None:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    length = int(declared) if declared.isdecimal() else 0
    if length <= limit + FORM_BYTES:
        return
    if length <= DRAINED:
        while request.read(PIECE):
            pass
    raise refusal()


def too_large() -> TooLarge:
    limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
    return TooLarge(
        _("The file is larger than %(limit)s MB and was not stored. Scan it in a lower resolution or in parts.")
        % {"limit": limit}
    )
