"""Contests: recorded on a decided case, examined by another person, answered with a letter."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.enums import Door, Language
from applications.reads import read_record
from applications.selectors import application_get, applications_visible_to
from applications.services import application_hand_back
from common.errors import Conflict, InvalidInput, NotFound
from decisions import charts, wording
from decisions.contests import selectors
from decisions.contests.forms import AnswerForm, ContestForm
from decisions.contests.services import (
    answer_draft,
    contest_answer,
    contest_create,
    contest_take,
    not_contestable,
)
from decisions.enums import ContestOutcome
from decisions.letters.selectors import answer_letter_view
from decisions.letters.services import notice_pdf, notice_send_request
from decisions.letters.typeset import LetterUnprintable
from decisions.models import Contest, ContestAnswer, Notice
from decisions.services import note_of
from decisions.views.letters import inline
from explanations.wording import reason_text

TABS = (("open", gettext_lazy("Waiting for an answer")), ("answered", gettext_lazy("Answered")))


@require_GET
@open_to(Act.READ_DECISIONS)
def contest_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "open")
    state = state if state in selectors.STATES else "open"
    page = selectors.contest_page(user=request.user, state=state, after=request.GET.get("after"))
    context = {"page": page, "state": state, "tabs": TABS}
    return render(request, "decisions/contest_list.html", context)


@require_http_methods(["GET", "POST"])
@open_to(Act.DECIDE)
def contest_new(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    application = application_get(rows=applications_visible_to(request.user), application_id=application_id)
    decision = application.decisions.select_related("decided_by").order_by("-id").first()
    refusal = not_contestable(decision, application.status)
    if decision is None or (refusal and request.method == "GET"):
        messages.info(request, refusal)
        return redirect("decisions:case-detail", application.id)
    today = timezone.localdate()
    form = ContestForm(request.POST if request.method == "POST" else None, initial={"received_on": today})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            contest = contest_create(application=application, user=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_problems(error.problems)
        except Conflict as error:  # decided, or contested by somebody else meanwhile: what was typed is kept
            refusal, status = str(error.message), error.status
        else:
            messages.success(request, _("The contest is recorded. Another person examines it."))
            return redirect("decisions:contest-detail", contest.id)
    context = {"application": application, "decision": decision, "form": form, "refusal": refusal}
    return render(request, "decisions/contest_new.html", context, status=status)


@require_GET
@open_to(Act.READ_DECISIONS)
def contest_detail(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    contest = selectors.contest_get(user=request.user, contest_id=contest_id)
    return _page(request, contest)


@require_POST
@open_to(Act.REVIEW)
def contest_take_up(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    contest = selectors.contest_get(user=request.user, contest_id=contest_id)
    contest_take(contest=contest, user=request.user)
    messages.success(request, _("You examine this contest now."))
    return redirect("decisions:contest-detail", contest.id)


@require_POST
@open_to(Act.REVIEW)
def contest_hand_back(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    contest = selectors.contest_get(user=request.user, contest_id=contest_id)
    if hasattr(contest, "answer"):
        raise Conflict(_("This contest is answered."), code="answered")
    application_hand_back(application=contest.application, user=request.user)
    messages.success(request, _("The contest waits for another person."))
    return redirect("decisions:contest-detail", contest.id)


@require_POST
@open_to(Act.REVIEW)
def contest_reply(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    """The answer, or with ``step=preview`` the letter as it would go out; nothing is kept of a preview."""
    contest = selectors.contest_get(user=request.user, contest_id=contest_id)
    form = _form(contest, request.POST)
    if not form.is_valid():
        return _page(request, contest, form, status=422)
    data = form.cleaned_data
    try:
        if request.POST.get("step") == "preview":
            return inline(answer_draft(contest=contest, **data), f"{contest.application.reference}-draft.pdf")
        answer = contest_answer(contest=contest, user=request.user, **data)
    except InvalidInput as error:
        form.add_problems(error.problems)
        return _page(request, contest, form, status=422)
    except Conflict as error:
        now = selectors.contest_get(user=request.user, contest_id=contest_id)
        return _page(request, now, form, refusal=str(error.message), status=error.status)
    except LetterUnprintable as error:
        form.add_error("text", str(error.message))
        return _page(request, contest, form, status=422)
    return _leave(request, answer)


@require_GET
@open_to(Act.READ_DECISIONS)
def contest_letter_read(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    answer = _answer(request, contest_id)
    notice = Notice.objects.select_related("application__applicant").filter(answer=answer).first()
    if notice is None:
        messages.info(request, _("The letter is still being written."))
        return redirect("decisions:contest-detail", contest_id)
    read_record(applicant_id=notice.application.applicant_id, door=Door.LETTER, actor=request.user.actor)
    return inline(notice_pdf(notice), f"{notice.application.reference}.pdf")


@require_GET
@open_to(Act.READ_DECISIONS)
def contest_letter_state(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    letter = answer_letter_view(_answer(request, contest_id))
    return render(request, "decisions/_letter.html", {"letter": letter})


@require_POST
@open_to(Act.DECIDE)
def contest_letter_send(request: HttpRequest, contest_id: uuid.UUID) -> HttpResponse:
    answer = _answer(request, contest_id)
    notice_send_request(notice=get_object_or_404(Notice, answer=answer), user=request.user)
    messages.success(request, _("The letter is on its way."))
    return redirect("decisions:contest-detail", contest_id)


def _answer(request: HttpRequest, contest_id: uuid.UUID) -> ContestAnswer:
    contest = selectors.contest_get(user=request.user, contest_id=contest_id)
    answer: ContestAnswer | None = getattr(contest, "answer", None)
    if answer is None:
        raise NotFound(_("This contest has no answer yet."))
    return answer


def _leave(request: HttpRequest, answer: ContestAnswer) -> HttpResponse:
    if answer.outcome == ContestOutcome.OVERTURNED:
        messages.success(request, _("The decision is taken back. The case is open for a new one, in your hands."))
        return redirect("decisions:case-detail", answer.application_id)
    messages.success(request, _("The answer is recorded. The decision stands."))
    return redirect("decisions:contest-detail", answer.contest_id)


def _form(contest: Contest, data: Any = None) -> AnswerForm:
    return AnswerForm(data, language=Language(contest.application.applicant.language).label)


def _page(
    request: HttpRequest,
    contest: Contest,
    form: AnswerForm | None = None,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    application, answer = contest.application, getattr(contest, "answer", None)
    read_record(applicant_id=application.applicant_id, door=Door.CASE, actor=request.user.actor)
    obstacle, score = selectors.obstacle(contest, request.user), contest.decision.score
    context = {
        "contest": contest,
        "state": selectors.ContestState(contest),
        "application": application,
        "decision": contest.decision,
        "reasons": [reason_text(reason) for reason in contest.decision.reasons],
        "first_note": note_of(contest.decision),
        "view": note_of(contest),
        "answer": answer,
        "answer_text": note_of(answer) if answer else "",
        "letter": answer_letter_view(answer) if answer else None,
        "score": score,
        "gauge": charts.gauge(score.probability_of_default, score.cutoff),
        "advice": wording.advice_text(score),
        "obstacle": obstacle,
        "is_mine": not obstacle and application.assigned_to_id == request.user.pk,
        "form": form or _form(contest),
        "refusal": refusal,
    }
    return render(request, "decisions/contest_detail.html", context, status=status)
