"""A person's data: how long it is kept, what holds it, and its end."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from accounts.permissions import may
from applications.enums import ErasureGround, ErasureVerdict, HoldGround
from applications.models import Applicant
from applications.selectors import applicant_get, applicants_visible_to
from common.errors import InvalidInput, PortalError
from decisions.privacy import selectors
from decisions.privacy.access import access_bundle
from decisions.privacy.selectors import SHOWN
from decisions.privacy.services import erasure_answer, erasure_request, hold_lift, hold_place

# the portal itself finds whose period is over; a person gives one of the other grounds
GROUNDS = [(value, label) for value, label in ErasureGround.choices if value != ErasureGround.PERIOD_OVER]


@require_GET
@open_to(Act.READ_CASES)
def privacy_person(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    return _person(request, _applicant(request, applicant_id))


@require_POST
@open_to(Act.REQUEST_ERASURE)
def erasure_ask(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    applicant, ground = _applicant(request, applicant_id), request.POST.get("ground", "")
    return _act(
        request,
        applicant,
        lambda: erasure_request(applicant=applicant, ground=_one_of(ground, GROUNDS), user=request.user),
        _("The erasure is asked for. An administrator answers it; until then nothing is erased."),
    )


@require_POST
@open_to(Act.REQUEST_ERASURE)
def hold_add(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    applicant, ground = _applicant(request, applicant_id), request.POST.get("ground", "")
    return _act(
        request,
        applicant,
        lambda: hold_place(applicant=applicant, ground=_one_of(ground, HoldGround.choices), user=request.user),
        _("The hold stands: nothing of this person is erased until it is lifted."),
    )


@require_POST
@open_to(Act.REQUEST_ERASURE)
def hold_end(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    applicant, hold = _applicant(request, applicant_id), request.POST.get("hold", "")
    return _act(
        request,
        applicant,
        lambda: hold_lift(applicant=applicant, hold_id=_id(hold), user=request.user),
        _("The hold is lifted."),
    )


@require_GET
@open_to(Act.READ_PRIVACY)
def privacy_list(request: HttpRequest) -> HttpResponse:
    """Without names: whoever answers here has no need to know who asked for credit."""
    return _list(request)


@require_GET
@open_to(Act.READ_PRIVACY)
def privacy_reads(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    applicant = selectors.person_of(applicant_id)
    page = selectors.reads_of(applicant, request.GET.get("after"))
    context = {"applicant": applicant, "page": page, "readings": selectors.readings(page)}
    return render(request, "decisions/privacy_reads.html", context)


@require_POST
@open_to(Act.REQUEST_ERASURE)
def access_give(request: HttpRequest, applicant_id: uuid.UUID) -> HttpResponse:
    """The answer to the person's request for access, as one file to hand over."""
    applicant = _applicant(request, applicant_id)
    headers = {"Content-Disposition": f'attachment; filename="{applicant.id}.zip"'}
    return HttpResponse(
        access_bundle(applicant=applicant, user=request.user), content_type="application/zip", headers=headers
    )


@require_POST
@open_to(Act.ANSWER_ERASURE)
def erasure_decide(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    try:
        verdict = ErasureVerdict(_one_of(request.POST.get("verdict", ""), ErasureVerdict.choices))
        erasure_answer(request_id=request_id, verdict=verdict, user=request.user)
    except PortalError as error:
        if error.status in (403, 404):
            raise
        return _list(request, refusal=str(error.message), status=error.status)
    done = _("The data is erased.") if verdict == ErasureVerdict.APPROVED else _("The erasure is refused.")
    messages.success(request, done)
    return redirect("decisions:privacy-list")


def _act(request: HttpRequest, applicant: Applicant, act: Callable[[], Any], done: str) -> HttpResponse:
    """What is refused is said on the page, in place."""
    try:
        act()
    except PortalError as error:
        if error.status in (403, 404):
            raise
        return _person(request, applicant, refusal=str(error.message), status=error.status)
    messages.success(request, done)
    return redirect("decisions:privacy-person", applicant.id)


def _person(request: HttpRequest, applicant: Applicant, *, refusal: str = "", status: int = 200) -> HttpResponse:
    context = {
        "person": selectors.person_view(applicant),
        "applicant": applicant,
        "refusal": refusal,
        "grounds": GROUNDS,
        "hold_grounds": HoldGround.choices,
        "may_act": may(request.user, Act.REQUEST_ERASURE) and not applicant.is_erased,
    }
    return render(request, "decisions/privacy_person.html", context, status=status)


def _list(request: HttpRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    context = {
        "waiting": [
            (row, selectors.obstacle(row.applicant, row.ground)) for row in selectors.requests_waiting()[:SHOWN]
        ],
        "due": selectors.due(SHOWN),
        "holds": list(selectors.holds_standing()[:SHOWN]),
        "erased": list(selectors.erased()[:SHOWN]),
        "shown": SHOWN,
        "periods": selectors.periods(),
        "refusal": refusal,
        "may_answer": may(request.user, Act.ANSWER_ERASURE),
    }
    return render(request, "decisions/privacy_list.html", context, status=status)


def _applicant(request: HttpRequest, applicant_id: uuid.UUID) -> Applicant:
    return applicant_get(rows=applicants_visible_to(request.user), applicant_id=applicant_id)


def _one_of(value: str, choices: Any) -> str:
    if value not in dict(choices):
        raise InvalidInput(_("Choose one of the answers."))
    return value


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
