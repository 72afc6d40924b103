"""The risk manager's pages for files of applications: send one, follow it, fetch what came of it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.selectors import keyset
from common.errors import InvalidInput, NotFound, PortalError
from scoring.batches.api import file_answer
from scoring.batches.forms import BatchForm
from scoring.batches.selectors import FORMATS, SCHEMAS, batch_get, batches_of_portal
from scoring.batches.services import batch_cancel, batch_create

MOST_PROBLEMS = 10


@require_GET
@open_to(Act.RUN_BATCHES)
def batch_list(request: HttpRequest) -> HttpResponse:
    page = keyset(batches_of_portal(), after=request.GET.get("after"))
    return render(request, "scoring/batch_list.html", {"page": page})


@require_http_methods(["GET", "POST"])
@open_to(Act.RUN_BATCHES)
def batch_new(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        batch = _sent(request, form)
        if batch is not None:
            return redirect("scoring:batch-detail", batch)
    return render(request, "scoring/batch_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@open_to(Act.RUN_BATCHES)
def batch_detail(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The page, or its part that waits; 204 while that is as the reader saw it."""
    batch = batch_get(rows=batches_of_portal(), batch_id=batch_id)
    seen = f"{batch.state}-{batch.progress}-{batch.rows_read}"
    context = {"batch": batch, "seen": seen, "parts": list(SCHEMAS), "formats": list(FORMATS)}
    if request.GET.get("part") != "progress":
        return render(request, "scoring/batch_detail.html", context)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return render(request, "scoring/_batch.html", context)


@require_GET
@open_to(Act.RUN_BATCHES)
def batch_file(request: HttpRequest, batch_id: uuid.UUID, part: str, kind: str) -> StreamingHttpResponse:
    batch = batch_get(rows=batches_of_portal(), batch_id=batch_id)
    if part not in SCHEMAS or kind not in FORMATS:
        raise NotFound(_("There is nothing at this address."))
    return file_answer(batch, part, kind)


@require_POST
@open_to(Act.RUN_BATCHES)
def batch_stop(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    user: Any = request.user
    batch = batch_get(rows=batches_of_portal(), batch_id=batch_id)
    batch_cancel(batch_id=batch.id, actor=user.actor)
    messages.success(request, _("The batch is cancelled."))
    return redirect("scoring:batch-detail", batch.id)


def _sent(request: HttpRequest, form: BatchForm) -> uuid.UUID | None:
    user: Any = request.user
    data = form.cleaned_data
    try:
        batch, is_new = batch_create(
            product=data["product"], upload=data["file"], with_reasons=data["reasons"], actor=user.actor
        )
    except PortalError as error:
        problems = error.problems[:MOST_PROBLEMS] if isinstance(error, InvalidInput) else []
        form.add_error("file", [str(error.message), *(problem.message for problem in problems)])
        return None
    if not is_new:
        message = _("This very file was scored already with the same model and policy: here it is.")
        messages.info(request, message)
    return batch.id
