"""One act on several cases of the queue: each by itself, so that one refusal holds up none of the others."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.enums import Act
from accounts.gates import open_to
from accounts.models import User
from applications.models import Application
from applications.selectors import PAGE_SIZE, applications_visible_to
from applications.services import application_hand_back
from common.errors import InvalidInput, PortalError
from decisions.gate import case_assign, case_take
from decisions.selectors import colleagues

DoOne = Callable[[Application], Application]


@require_POST
@open_to(Act.DECIDE)
def queue_bulk(request: HttpRequest) -> HttpResponse:
    try:
        act = _act(request)
        cases = list(applications_visible_to(request.user).filter(id__in=_chosen(request)).order_by("due_at", "id"))
        if not cases:
            raise InvalidInput(_("Choose at least one case."))
        _report(request, len(cases), _refusals(cases, act))
    except InvalidInput as error:
        messages.error(request, str(error.message))
    return redirect(_way_back(request))


def _refusals(cases: list[Application], act: DoOne) -> list[str]:
    refused = []
    for case in cases:
        try:
            act(case)
        except PortalError as error:
            refused.append(f"{case.reference}: {error.message}")
    return refused


def _act(request: HttpRequest) -> DoOne:
    user: User = request.user
    what = request.POST.get("act", "")
    if what == "take":
        return lambda case: case_take(application=case, user=user)
    if what == "hand_back":
        return lambda case: application_hand_back(application=case, user=user)
    if what == "assign":
        to = colleagues(user).filter(id__in=_ids([request.POST.get("to", "")])).first()
        if to is None:
            raise InvalidInput(_("Choose who is to work on these cases."))
        return lambda case: case_assign(application=case, to=to, user=user)
    raise InvalidInput(_("Choose what to do with these cases."))


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    return _ids(request.POST.getlist("cases")[:PAGE_SIZE])


def _ids(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _report(request: HttpRequest, count: int, refused: list[str]) -> None:
    done = count - len(refused)
    if done:
        messages.success(
            request, ngettext("Done for %(count)d case.", "Done for %(count)d cases.", done) % {"count": done}
        )
    if refused:
        messages.warning(request, _("Not done: %(cases)s") % {"cases": " · ".join(refused)})


def _way_back(request: HttpRequest) -> str:
    """To the same page of the same queue."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "decisions:case-queue"
