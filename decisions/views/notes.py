"""The notes of a case: all of them, and the form for one more."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.enums import Act
from accounts.gates import open_to
from accounts.permissions import require
from applications.enums import Door
from applications.models import Application
from applications.reads import read_record
from applications.selectors import application_get, applications_visible_to
from decisions.notes.forms import NoteForm
from decisions.notes.selectors import newest_notes, note_page
from decisions.notes.services import case_note_add


@require_http_methods(["GET", "POST"])
@open_to(Act.READ_CASES)
def case_notes(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    rows = applications_visible_to(request.user).select_related("applicant__subject_key")
    application = application_get(rows=rows, application_id=application_id)
    read_record(applicant_id=application.applicant_id, door=Door.CASE, actor=request.user.actor)
    if request.method == "POST":
        require(request.user, Act.DECIDE)
        return _add(request, application)
    return _page(request, application, NoteForm())


def _add(request: HttpRequest, application: Application) -> HttpResponse:
    form = NoteForm(request.POST)
    if form.is_valid():
        case_note_add(application=application, user=request.user, **form.cleaned_data)
        return _written(request, application)
    return _panel(request, application, form) if request.htmx else _page(request, application, form)


def _written(request: HttpRequest, application: Application) -> HttpResponse:
    if request.htmx:
        return _panel(request, application, NoteForm(), is_written=True)
    messages.success(request, _("The note is kept."))
    return redirect("decisions:case-notes", application.id)


def _panel(request: HttpRequest, application: Application, form: NoteForm, *, is_written: bool = False) -> HttpResponse:
    """The part of the case page, without the rest of it: a decision being typed there stays as it is."""
    context = {"application": application, "note_form": form, "is_written": is_written, "is_pending": False}
    return render(request, "decisions/_notes.html", context | newest_notes(application))


def _page(request: HttpRequest, application: Application, form: NoteForm) -> HttpResponse:
    page = note_page(application, after=request.GET.get("after"))
    context = {"application": application, "note_form": form, "page": page}
    return render(request, "decisions/case_notes.html", context, status=422 if form.errors else 200)
