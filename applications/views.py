import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.enums import Act
from accounts.gates import open_to
from applications import selectors, wording
from applications.enums import Door, Source, Status
from applications.forms import ApplicantForm, CreditFileForm, SearchForm
from applications.models import Applicant, Application
from applications.products import offered
from applications.reads import read_record
from applications.services import applicant_create, application_submit, contract_of
from common.crypto import PersonErased
from common.errors import InvalidInput, NotFound
from ml.contract import Contract, available_products, load_contract


@require_GET
@open_to(Act.READ_CASES)
def application_list(request: HttpRequest) -> HttpResponse:
    rows = selectors.search(selectors.applications_visible_to(request.user), _text(request))
    status, product = request.GET.get("status", ""), request.GET.get("product", "")
    if status in Status.values:
        rows = rows.filter(status=status)
    if product in available_products():
        rows = rows.filter(product=product)
    context = {
        "page": selectors.keyset(rows, after=request.GET.get("after")),
        "text": _text(request),
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


@require_http_methods(["GET", "POST"])
@open_to(Act.CREATE_APPLICATION)
def application_new(request: HttpRequest) -> HttpResponse:
    """A new applicant with a first file, or a further file of an applicant that is known (``?applicant=``).

    Where several products are offered, one is chosen first (``?product=``).
    """
    known = _known_applicant(request)
    contract = _asked_product(request)
    if contract is None:
        context = {"products": [(each, wording.label_of(each)) for each in offered()], "known": known}
        return render(request, "applications/product_choose.html", context)
    data = request.POST if request.method == "POST" else None
    person = ApplicantForm(data) if known is None else None
    file = CreditFileForm(contract, data)
    if data is not None and _both_valid(person, file):
        application = _submit(request, contract, known, person, file)
        if application is not None:
            messages.success(request, _("Application %(reference)s was submitted.") % {"reference": application})
            return redirect("decisions:case-detail", application.id)
    context = {"person": person, "file": file, "known": known, "product": wording.label_of(contract)}
    failed = data is not None
    return render(request, "applications/application_new.html", context, status=422 if failed else 200)


@require_GET
@open_to(Act.READ_CASES)
def applicant_list(request: HttpRequest) -> HttpResponse:
    rows = selectors.applicants_search(selectors.applicants_visible_to(request.user), _text(request))
    page = selectors.keyset(rows, after=request.GET.get("after"))
    return render(request, "applications/applicant_list.html", {"page": page, "text": _text(request)})


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


def _asked_product(request: HttpRequest) -> Contract | None:
    """The only product that is offered, or the one asked for; None while it is to be chosen."""
    asked, open_now = request.GET.get("product"), offered()
    if not asked:
        return open_now[0] if len(open_now) == 1 else None
    if asked not in available_products():
        raise NotFound(_("No such product."))
    return load_contract(asked)


def _known_applicant(request: HttpRequest) -> Applicant | None:
    asked = request.GET.get("applicant")
    if not asked:
        return None
    rows = selectors.applicants_visible_to(request.user)
    known = selectors.applicant_get(rows=rows, applicant_id=asked)
    if known.is_erased:
        raise PersonErased(_("This person's data was erased."))
    return known


def _both_valid(person: ApplicantForm | None, file: CreditFileForm) -> bool:
    answers = [form.is_valid() for form in (person, file) if form is not None]
    return all(answers)


def _submit(
    request: HttpRequest,
    contract: Contract,
    known: Applicant | None,
    person: ApplicantForm | None,
    file: CreditFileForm,
) -> Application | None:
    """None when the contract refuses after all: what it said is then beside the fields, and nothing was written."""
    user: Any = request.user
    try:
        with transaction.atomic():
            applicant = known or applicant_create(**person.cleaned_data, branch=user.branch, actor=user.actor)
            return application_submit(
                applicant=applicant,
                product=contract.product,
                file={contract.root_table: file.document(applicant.birth_date)},
                source=Source.PORTAL,
                actor=user.actor,
            )
    except InvalidInput as error:
        file.add_problems(error.problems)
        return None
