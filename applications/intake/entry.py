"""One form of a new application as it stands: which product, whose, what was typed, and the draft that keeps it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from applications import selectors
from applications.forms import ApplicantForm, CreditFileForm
from applications.intake import drafts
from applications.models import Applicant, Draft
from applications.products import offered
from common.crypto import PersonErased
from common.errors import NotFound
from common.ids import new_id
from ml.contract import Contract, available_products, load_contract


@dataclass
class Entry:
    contract: Contract
    known: Applicant | None
    person: ApplicantForm | None
    file: CreditFileForm
    slip: drafts.Slip | None = None
    saved_at: datetime | None = None
    submitted: uuid.UUID | None = None
    carried: str = ""  # what came in a file and has no field: the rows of the other tables, and the external id

    def is_valid(self) -> bool:
        answers = [form.is_valid() for form in (self.person, self.file) if form is not None]
        return all(answers)

    def new_slip(self, user: User) -> drafts.Slip:
        return drafts.Slip(new_id(), str(user.pk), self.contract.product, self.known.id if self.known else None)


def entry_open(request: HttpRequest) -> Entry | None:
    """What was posted, else the draft that is asked for, else an empty form; None while a product is to be chosen."""
    user: Any = request.user
    asked = request.GET.get("draft")
    draft = drafts.draft_find(user=user, draft_id=asked) if asked else None
    contract = load_contract(draft.product) if draft else asked_product(request)
    if contract is None:
        return None
    known = _visible(request, str(draft.applicant_id)) if draft and draft.applicant_id else known_applicant(request)
    data = request.POST if request.method == "POST" else None
    initial = drafts.values_of(draft) if draft and data is None else {}
    return Entry(
        contract=contract,
        known=known,
        person=ApplicantForm(data, initial=initial) if known is None else None,
        file=CreditFileForm(contract, data, initial=initial),
        slip=_slip(user, contract, known, asked),
        saved_at=draft.saved_at if draft else None,
        submitted=draft.application_id if draft else None,
        carried=str((data or initial).get("carried", "")),
    )


def typed(contract: Contract, data: Mapping[str, Any]) -> dict[str, str]:
    """What was typed under the names of the form's fields; anything else is not the form's."""
    names = [*ApplicantForm.base_fields, *CreditFileForm(contract).fields, "carried"]
    return {name: str(data[name]) for name in names if data.get(name)}


def address_of(slip: drafts.Slip) -> str:
    query = {"product": slip.product, "draft": str(slip.draft)}
    if slip.applicant:
        query["applicant"] = str(slip.applicant)
    return reverse("applications:application-new", query=query)


def draft_of(rows: QuerySet[Draft], draft_id: uuid.UUID) -> Draft:
    draft = rows.filter(id=draft_id).first()
    if draft is None:
        raise NotFound(_("No such draft."))
    return draft


def known_applicant(request: HttpRequest) -> Applicant | None:
    asked = request.GET.get("applicant")
    return _visible(request, asked) if asked else None


def _visible(request: HttpRequest, applicant_id: str) -> Applicant:
    rows = selectors.applicants_visible_to(request.user)
    known = selectors.applicant_get(rows=rows, applicant_id=applicant_id)
    if known.is_erased:
        raise PersonErased(_("This person's data was erased."))
    return known


def _slip(user: User, contract: Contract, known: Applicant | None, asked: str | None) -> drafts.Slip | None:
    if not asked:
        return None
    return drafts.Slip(uuid.UUID(asked), str(user.pk), contract.product, known.id if known else None)


def asked_product(request: HttpRequest) -> Contract | None:
    """The only product that is offered, or the one asked for; None while it is to be chosen."""
    asked, open_now = request.GET.get("product"), offered()
    if not asked:
        return open_now[0] if len(open_now) == 1 else None
    if asked not in available_products():
        raise NotFound(_("No such product."))
    return load_contract(asked)
