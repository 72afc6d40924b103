"""Answers as files: ask for them, follow the worker, take them away, delete them."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.selectors import keyset
from common import formatting, jobs
from decisions.audit import selectors, services
from decisions.audit.columns import COLUMNS
from decisions.audit.forms import ExportForm, QuestionForm
from decisions.audit.models import DecisionExport
from decisions.audit.questions import MOST_COUNTED, count_up_to, decisions_asked
from decisions.audit.wording import said


@require_GET
@open_to(Act.AUDIT)
def export_list(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = keyset(selectors.exports_all(), after=request.GET.get("after"))
    words = said(user, [export.filters for export in page.rows])
    rows = list(zip(page.rows, words, strict=True))
    return render(request, "decisions/audit_exports.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
@open_to(Act.AUDIT)
def export_new(request: HttpRequest) -> HttpResponse:
    """The question stands in the address, in words on the page; the files are chosen here."""
    user: Any = request.user
    asked = QuestionForm(user, request.GET)
    if not asked.is_valid() or asked.filters.get("q"):
        return redirect(f"{reverse('decisions:decision-list')}?{request.GET.urlencode()}")
    form = ExportForm(request.POST if request.method == "POST" else None, initial={"formats": ["csv"]})
    if request.method == "POST" and form.is_valid():
        formats, language = form.cleaned_data["formats"], formatting.language()
        export = services.export_create(user=user, filters=asked.filters, formats=formats, language=language)
        return redirect("decisions:export-detail", export.id)
    context = {
        "form": form,
        "parts": asked.parts,
        "count": count_up_to(decisions_asked(user=user, asked=asked.cleaned_data)),
        "most_counted": MOST_COUNTED,
        "columns": COLUMNS,
        "back": f"{reverse('decisions:decision-list')}?{urlencode(asked.filters)}",
    }
    return render(request, "decisions/audit_export_new.html", context, status=422 if form.errors else 200)


@require_GET
@open_to(Act.AUDIT)
def export_detail(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """The page, or its part that waits; 204 while that is as the reader saw it."""
    export = selectors.export_get(export_id=export_id)
    failed = selectors.failed_job(export)
    seen = f"{export.state}-{export.rows_written}-{bool(failed)}"
    if request.GET.get("part") != "progress":
        return render(request, "decisions/audit_export.html", _context(request, export, failed, seen))
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return render(request, "decisions/_audit_export.html", _context(request, export, failed, seen))


@require_POST
@open_to(Act.AUDIT)
def export_file(request: HttpRequest, export_id: uuid.UUID, name: str) -> HttpResponseBase:
    user: Any = request.user
    export = selectors.export_get(export_id=export_id)
    file, content = services.export_download(export=export, name=name, actor=user.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="{file["name"]}"',
        "Content-Length": str(file["bytes"]),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(content, content_type=file["media_type"], headers=headers)


@require_POST
@open_to(Act.AUDIT)
def export_retry(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    export = selectors.export_get(export_id=export_id)
    if selectors.failed_job(export):
        jobs.enqueue(kind=services.EXPORT_JOB, key=str(export.id), payload={"export": str(export.id)})
    return redirect("decisions:export-detail", export.id)


@require_POST
@open_to(Act.AUDIT)
def export_end(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    export = selectors.export_get(export_id=export_id)
    services.export_delete(export=export, actor=user.actor)
    messages.success(request, _("The files are deleted. That they were there stays on record."))
    return redirect("decisions:export-detail", export.id)


def _context(request: HttpRequest, export: DecisionExport, failed: Any, seen: str) -> dict[str, Any]:
    user: Any = request.user
    return {"export": export, "parts": said(user, [export.filters])[0], "failed": failed, "seen": seen}
