"""After a counter-offer: the applicant's answer; and the withdrawal of a proposal."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import Act
from accounts.gates import open_to
from common.errors import InvalidInput
from decisions import selectors
from decisions.offers.services import offer_answer
from decisions.services import override_withdraw


@require_POST
@open_to(Act.DECIDE)
def offer_reply(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    rows = selectors.decisions_visible_to(request.user)
    decision = selectors.decision_get(rows=rows, decision_id=decision_id)
    try:
        offer_answer(decision=decision, reply=request.POST.get("reply", ""), user=request.user)
        messages.success(request, _("The applicant's answer is recorded."))
    except InvalidInput as error:
        messages.error(request, str(error.message))
    return redirect("decisions:decision-detail", decision_id)


@require_POST
@open_to(Act.DECIDE)
def proposal_withdraw(request: HttpRequest, override_id: uuid.UUID) -> HttpResponse:
    override = selectors.override_get(user=request.user, override_id=override_id)
    override_withdraw(override_id=override.id, user=request.user)
    messages.success(request, _("The proposal is withdrawn. The case can be decided again."))
    return redirect("decisions:case-detail", override.application_id)
