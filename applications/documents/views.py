import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from accounts.permissions import may, require
from applications import selectors
from applications.documents.forms import DocumentForm, WithdrawalForm
from applications.documents.selectors import checklist, content_of, document_get, name_of, required_missing
from applications.documents.services import document_add, document_withdraw
from applications.documents.uploads import takes_a_document
from applications.enums import Door
from applications.models import Application
from applications.reads import read_record
from common.errors import InvalidInput
from ml.documents import load_documents


@takes_a_document
@require_http_methods(["GET", "POST"])
@open_to(Act.READ_CASES)
def document_list(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """The checklist with what was handed in; posted to, it takes one document."""
    application = _application(request, application_id)
    form = _form(application)
    if request.method == "POST":
        require(request.user, Act.CREATE_APPLICATION)
        form = _form(application, request.POST, request.FILES)
        if _add(request, application, form):
            messages.success(request, _("The document was added to the file."))
            return redirect("applications:document-list", application.id)
    items = checklist(application)
    _record(request, application)
    context = {
        "application": application,
        "items": items,
        "required": [item for item in items if item.kind.required],
        "missing": required_missing(items),
        "form": form,
        "withdrawal": WithdrawalForm(auto_id=False),
        "may_write": may(request.user, Act.CREATE_APPLICATION),
    }
    return render(request, "applications/document_list.html", context, status=422 if form.errors else 200)


@require_GET
@open_to(Act.READ_CASES)
def document_read(request: HttpRequest, application_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    document = document_get(application=_application(request, application_id), document_id=document_id)
    content = content_of(document)
    _record(request, document.application)
    response = HttpResponse(content, content_type=document.media_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name_of(document)) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    vars(response)["_csp_replace"] = {"default-src": ["'none'"], "sandbox": True}
    return response


@require_POST
@open_to(Act.CREATE_APPLICATION)
def document_withdraw_view(request: HttpRequest, application_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    document = document_get(application=_application(request, application_id), document_id=document_id)
    user: Any = request.user
    document_withdraw(document=document, reason=request.POST.get("reason", ""), user=user)
    messages.success(request, _("The document no longer counts. It stays on record."))
    return redirect("applications:document-list", document.application_id)


def _application(request: HttpRequest, application_id: uuid.UUID) -> Application:
    rows = selectors.applications_visible_to(request.user)
    return selectors.application_get(rows=rows, application_id=application_id)


def _record(request: HttpRequest, application: Application) -> None:
    user: Any = request.user
    read_record(applicant_id=application.applicant_id, door=Door.DOCUMENT, actor=user.actor)


def _form(application: Application, *data: Any) -> DocumentForm:
    limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
    return DocumentForm(load_documents(application.product), limit, *data)


def _add(request: HttpRequest, application: Application, form: DocumentForm) -> bool:
    if not form.is_valid():
        return False
    user: Any = request.user
    file = form.cleaned_data["document"]
    try:
        document_add(
            application=application, kind=form.cleaned_data["kind"], name=file.name, content=file.read(), user=user
        )
    except InvalidInput as error:
        form.add_problems(error.problems)
        return False
    return True
