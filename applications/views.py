import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from applications import selectors, wording
from applications.enums import Door, Status
from applications.forms import SearchForm
from applications.reads import read_record
from applications.services import contract_of
from ml.contract import available_products


@require_GET
@open_to(Act.READ_CASES)
def application_list(request: HttpRequest) -> HttpResponse:
    rows, text = selectors.applications_visible_to(request.user), _text(request)
    status, product = request.GET.get("status", ""), request.GET.get("product", "")
    if status in Status.values:
        rows = rows.filter(status=status)
    if product in available_products():
        rows = rows.filter(product=product)
    page = selectors.keyset(selectors.search(rows, text, user=request.user), after=request.GET.get("after"))
    context = {
        "page": page if page.rows else selectors.closest(rows, text, user=request.user),
        "text": text,
        "status": status,
        "statuses": Status.choices,
        "product": product,
        "products": wording.product_choices(),
    }
    return render(request, "applications/application_list.html", context)


@require_GET
@open_to(Act.READ_CASES)
def application_detail(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    rows = selectors.applications_visible_to(request.user)
    application = selectors.application_get(rows=rows, application_id=application_id)
    read_record(applicant_id=application.applicant_id, door=Door.FILE, actor=request.user.actor)
    contract = contract_of(application.product)
    files = list(application.files.order_by("-version").defer("document_encrypted"))
    shown = selectors.file_version(application=application, version=request.GET.get("version"))
    is_erased = application.applicant.is_erased
    file = selectors.document(shown) if shown and not is_erased else {}
    context = {
        "application": application,
        "product": wording.label_of(contract),
        "files": files,
        "shown": shown,
        "chapters": [] if is_erased else wording.chapters(contract, file.get(contract.root_table, {})),
        "tables": [] if is_erased else wording.child_tables(contract, file),
    }
    return render(request, "applications/application_detail.html", context)


@require_GET
@open_to(Act.READ_CASES)
def applicant_list(request: HttpRequest) -> HttpResponse:
    rows, text = selectors.applicants_visible_to(request.user), _text(request)
    page = selectors.keyset(selectors.applicants_search(rows, text), after=request.GET.get("after"))
    context = {"page": page if page.rows else selectors.closest(rows, text, user=request.user, of=""), "text": text}
    return render(request, "applications/applicant_list.html", context)


@require_GET
@open_to(Act.READ_CASES)
def applicant_detail(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    rows = selectors.applicants_visible_to(request.user)
    applicant = selectors.applicant_get(rows=rows, applicant_id=applicant_id)
    read_record(applicant_id=applicant.id, door=Door.APPLICANT, actor=request.user.actor)
    applications = selectors.applications_visible_to(request.user).filter(applicant=applicant)
    context = {
        "applicant": applicant,
        "email": selectors.email_of(applicant),
        "page": selectors.keyset(applications, after=request.GET.get("after")),
    }
    return render(request, "applications/applicant_detail.html", context)


def _text(request: HttpRequest) -> str:
    form = SearchForm(request.GET)
    return str(form.cleaned_data["q"]) if form.is_valid() else ""
