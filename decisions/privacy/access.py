"""The answer to a person's request for access: what was used, how it was decided, by whom in which role, what would
have changed it, and the letters; in the person's language, as one file."""

import io
import json
import zipfile
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from applications import wording as file_wording
from applications.enums import Door
from applications.erasure import person_lock
from applications.models import Applicant, Application
from applications.reads import read_record
from applications.selectors import document, email_of
from applications.services import contract_of
from common import crypto, formatting, ledger
from common.errors import NotFound
from decisions import wording
from decisions.letters.services import notice_pdf
from decisions.models import Contest, Decision, Notice
from decisions.services import note_of
from explanations.models import Explanation
from explanations.wording import reason_groups, reason_text, ways_to_better_advice
from scoring.models import Score

NOTED = ("overrides", "referrals", "amendments", "case_notes")


@transaction.atomic
def access_bundle(*, applicant: Applicant, user: User) -> bytes:
    """A zip of the same content twice, for people (HTML) and for machines (JSON), and the letters."""
    require(user, Act.REQUEST_ERASURE)
    applicant = person_lock(applicant)
    if applicant.branch_id != user.branch_id:
        raise NotFound(_("No such applicant."))
    if applicant.is_erased:
        raise crypto.PersonErased(_("This person's data was erased."))
    with in_language(applicant.language):
        content = content_of(applicant)
        page = render_to_string("decisions/access_bundle.html", content | {"language": applicant.language})
    letters = list(Notice.objects.filter(application__applicant=applicant).order_by("id"))
    read_record(applicant_id=applicant.id, door=Door.BUNDLE, actor=user.actor)
    facts = {
        "applications": [str(case["id"]) for case in content["cases"]],
        "letters": [str(row.id) for row in letters],
    }
    ledger.record(action="access.given", subject=applicant, actor=user.actor, facts=facts)
    return _zipped(content, page, letters)


def content_of(applicant: Applicant) -> dict[str, Any]:
    cases = applicant.applications.select_related("applicant__subject_key").order_by("id")
    return {
        "made_at": timezone.now(),
        "lender": {name: settings.LENDER[name] for name in ("name", "address", "contact")},
        "person": {
            "first_name": applicant.first_name,
            "last_name": applicant.last_name,
            "birth_date": applicant.birth_date,
            "email": email_of(applicant),
            "branch": str(applicant.branch),
        },
        "cases": [_case(case) for case in cases],
    }


def _case(case: Application) -> dict[str, Any]:
    contract = contract_of(case.product)
    scores = case.scores.select_related("model_version", "policy").order_by("id")
    decisions = case.decisions.select_related("decided_by", "confirmed_by", "override").order_by("id")
    return {
        "id": case.id,
        "reference": case.reference,
        "product": file_wording.label_of(contract),
        "amount": formatting.money(case.amount, case.currency) if case.amount else formatting.missing(),
        "state": case.get_status_display(),
        "submitted_at": case.submitted_at,
        "files": [_file(row) for row in case.files.order_by("version")],
        "scores": [_score(score, case.product, contract.horizon_months) for score in scores],
        "decisions": [_decision(decision) for decision in decisions],
        "contests": [_contest(row) for row in case.contests.order_by("id")],
        "notes": [_note(row) for name in NOTED for row in getattr(case, name).order_by("id")],
    }


def _file(row: Any) -> dict[str, Any]:
    contract, raw = contract_of(row.application.product), document(row)
    chapters = file_wording.chapters(contract, raw.get(contract.root_table, {}))
    return {
        "version": row.version,
        "received_at": row.created_at,
        "source": row.get_source_display(),
        "chapters": [
            {"name": chapter.label, "answers": [{"name": line.label, "value": line.text} for line in chapter.known]}
            for chapter in chapters
            if chapter.known
        ],
        "raw": raw,
    }


def _score(score: Score, product: str, months: int) -> dict[str, Any]:
    explanation = Explanation.objects.filter(score=score).first()
    groups = reason_groups(explanation, product) if explanation else []
    return {
        "scored_at": score.created_at,
        "model": str(score.model_version),
        "meaning": wording.meaning_of(score.probability_of_default, months),
        "probability_of_default": score.probability_of_default,
        "cutoff": score.cutoff,
        "advice": wording.advice_text(score),
        "findings": wording.findings_of(score) + wording.doubts_of(score),
        "against": [_group(group) for group in groups if group.is_adverse and group.is_reason],
        "for": [_group(group) for group in groups if not group.is_adverse and group.is_reason],
        "would_have_changed_it": [list(way.changes) for way in ways_to_better_advice(explanation, product)]
        if explanation
        else [],
        "features": score.features,
    }


def _group(group: Any) -> dict[str, Any]:
    return {"reason": group.text, "factors": [{"name": f.label, "value": f.value} for f in group.factors]}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "decided_at": decision.created_at,
        "outcome": decision.get_outcome_display(),
        "by": decision.decided_by.get_role_display(),  # the role: the person's name is not the applicant's data
        "confirmed_by": decision.confirmed_by.get_role_display() if decision.confirmed_by else None,
        "against_the_advice": decision.override.get_direction_display() if decision.override else None,
        "reasons": [reason_text(reason) for reason in decision.reasons],
        "note": note_of(decision),
    }


def _contest(row: Contest) -> dict[str, Any]:
    answer = getattr(row, "answer", None)
    return {
        "received_on": row.received_on,
        "view": note_of(row),
        "answered_at": answer.created_at if answer else None,
        "answer": answer.get_outcome_display() if answer else None,
        "text": note_of(answer) if answer else "",
    }


def _note(row: Any) -> dict[str, Any]:
    return {"written_at": row.created_at, "text": note_of(row)}


def _zipped(content: dict[str, Any], page: str, letters: list[Notice]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("data.html", page)
        bundle.writestr("data.json", json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        for number, notice in enumerate(letters, start=1):
            bundle.writestr(f"letter-{number}.pdf", notice_pdf(notice))
    return target.getvalue()
