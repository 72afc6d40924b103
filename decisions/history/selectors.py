"""Every act on a case with what it was about, and the other applications of the same person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Application
from applications.selectors import applications_visible_to
from common import formatting
from common.models import LedgerEvent
from decisions.models import Decision, Notice, Override
from decisions.services import note_of
from decisions.wording import Moment, timeline
from scoring.models import Score

ABOUT = ("decision", "notice", "amendment", "note", "file", "score")
MOST_ACTS = 200
MOST_OTHERS = 25


@dataclass(frozen=True)
class Act:
    """``about``: what it was about, in a few words. ``note``: the reason that was written down, where there is one."""

    moment: Moment
    about: str
    note: str


def acts_of(application: Application) -> list[Act]:
    """The newest first: the case itself, its proposals and its decisions, with words from the records they name."""
    subjects = [application.id]
    subjects += Override.objects.filter(application=application).values_list("id", flat=True)
    subjects += Decision.objects.filter(application=application).values_list("id", flat=True)
    rows = LedgerEvent.objects.filter(subject_id__in=subjects).order_by("-occurred_at", "-id")
    events = list(rows[:MOST_ACTS])
    words, notes = dict(_words_of(application)), dict(_notes_of(application))
    return [
        Act(moment, _first(words, event.facts), _first(notes, event.facts))
        for event, moment in zip(events, timeline(events), strict=True)
    ]


def other_applications(application: Application, user: User) -> QuerySet[Application]:
    """What the same person asked for before and since, as far as this reader may see it, with what became of it."""
    scores = Score.objects.filter(application=OuterRef("pk")).order_by("-id")
    decisions = Decision.objects.filter(application=OuterRef("pk")).order_by("-id")
    rows = applications_visible_to(user).filter(applicant=application.applicant_id).exclude(pk=application.pk)
    return rows.annotate(
        probability=Subquery(scores.values("probability_of_default")[:1]),
        grade=Subquery(scores.values("risk_grade")[:1]),
        outcome=Subquery(decisions.values("outcome")[:1]),
    ).order_by("-id")[: MOST_OTHERS + 1]


def _words_of(application: Application) -> Iterator[tuple[str, str]]:
    for file in application.files.defer("document_encrypted").order_by("version"):
        version = {"version": file.version, "source": file.get_source_display()}
        yield str(file.id), _("Version %(version)s. %(source)s.") % version
    for score in application.scores.defer("features").order_by("id"):
        yield str(score.id), _score_words(score)
    for decision in Decision.objects.filter(application=application):
        yield str(decision.id), f"{decision.get_stage_display()}{_(':')} {decision.get_outcome_display()}."
    for notice in Notice.objects.filter(application=application).only("id", "kind"):
        yield str(notice.id), f"{notice.get_kind_display()}."


def _score_words(score: Score) -> str:
    return _("Probability of default %(probability)s, grade %(grade)s. Advice: %(advice)s.") % {
        "probability": formatting.percent(score.probability_of_default),
        "grade": score.risk_grade,
        "advice": score.get_recommendation_display(),
    }


def _notes_of(application: Application) -> Iterator[tuple[str, str]]:
    """Notes are encrypted with the person's key; they are read here, for those who may see the case."""
    for rows in (application.amendments, application.case_notes):
        for row in rows.all():
            row.application = application
            yield str(row.id), note_of(row)


def _first(words: dict[str, str], facts: dict[str, Any]) -> str:
    """What an act is most about: an event about a decision names the score too."""
    named = (str(facts.get(name)) for name in ABOUT)
    return next((words[value] for value in named if value in words), "")
