"""The senior officer's desk: what waits for the second person, and how often the branch goes against the advice."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.enums import Act
from accounts.gates import open_to
from decisions import selectors
from decisions.contests.selectors import contest_page
from decisions.overrides import month_of, override_month, override_panels

SHOWN = 10


@require_GET
@open_to(Act.REVIEW)
def senior_desk(request: HttpRequest) -> HttpResponse:
    month = override_month(branch=request.user.branch, first=month_of(request.GET.get("month", "")))
    waiting = list(selectors.reviews_waiting(user=request.user)[: SHOWN + 1])
    contests = contest_page(user=request.user, state="open", after=None).rows
    referred = selectors.queue(user=request.user, which="referred").rows
    context = {
        "referred": referred[:SHOWN],
        "more_referred": len(referred) > SHOWN,
        "overrides": waiting[:SHOWN],
        "more_overrides": len(waiting) > SHOWN,
        "contests": contests[:SHOWN],
        "more_contests": len(contests) > SHOWN,
        "month": month,
        "panels": override_panels(month),
    }
    return render(request, "decisions/senior_desk.html", context)
