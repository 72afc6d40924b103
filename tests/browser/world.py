"""A small branch with a case in every state, scored by a real model: what the browser visits."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Branch, User
from applications.models import Application
from common import jobs
from common.actors import SYSTEM
from decisions import tasks as decision_tasks  # noqa: F401  registers what executes the jobs
from decisions.audit.services import export_create
from decisions.contests.services import contest_create
from decisions.models import Decision, Override
from decisions.notes.services import case_note_add
from decisions.queue.filters import QueueFilters
from decisions.queue.services import queue_view_save
from decisions.services import DecisionInput, decision_create, review_create
from explanations import tasks as explanation_tasks  # noqa: F401
from integrations.services import webhook_create
from ml.synthetic import generate_applications
from monitoring import tasks as monitoring_tasks  # noqa: F401
from monitoring.models import MonitoringRun
from monitoring.services import monitoring_run_create_from_table
from scoring import tasks as scoring_tasks  # noqa: F401
from scoring.batches.models import Batch
from scoring.batches.services import batch_create
from scoring.models import ModelVersion, Score
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import PRODUCT, ApplicantFactory, ApplicationFactory, DocumentFactory, credit_file
from tests.factories.batch_files import as_csv, frame

LONG = "de La Rochefoucauld-Montmorency-Bouteville et Sainte-Croix-du-Verdon"
NAMES = ("O'Brien & <b>fils</b>", LONG, "بن يوسف", "Nguyễn", "Lefèvre")


@dataclass(frozen=True)
class World:
    """``places``: the part of an address that names a thing, by kind of thing."""

    people: dict[str, User]
    places: dict[str, list[Any]]


def build_world(champion: ModelVersion, folder: Path | None = None) -> World:
    """With a ``folder`` also what takes long to make: a monitoring run with its report, and a batch."""
    branch = BranchFactory(name="Lyon Part-Dieu")
    people = _people(branch)
    risky = [_case(branch, name, 0.02) for name in NAMES]
    _case(branch, "Petit", 0.8)
    jobs.run_all_here(lambda _done: None)
    undecided, declined, reviewed, contested, offered = risky
    decision = _decline(declined, people["officer"])
    _decline(contested, people["officer"])
    override = _propose(reviewed, people["officer"])
    offer = _offer(offered, people)
    contest = contest_create(
        application=contested,
        view="My new contract pays twice as much.",
        received_on=timezone.localdate(),
        user=people["officer"],
    )
    document = DocumentFactory(application=undecided)
    for text in ("Called twice, no answer.", f"{LONG.replace(' ', '')} <b>confirms</b>\nتحدثت مع صاحب العمل"):
        case_note_add(application=undecided, text=text, submission=uuid.uuid4(), user=people["officer"])
    export = export_create(user=people["auditor"], filters={}, formats=["csv", "json"], language="en")
    webhook, _secret = webhook_create(
        name="ERP", url="https://erp.example.org/", events=["batch.finished"], branch=branch, actor=SYSTEM
    )
    view = queue_view_save(user=people["officer"], name=LONG[:40], filters=QueueFilters(which="mine"))
    reports = _reports(champion, folder) if folder else {}
    key, _secret = api_key(branch=branch)
    return World(
        people,
        {
            "": [],
            "case": [undecided.id],
            "declined": [declined.id],
            "document": [undecided.id, document.id],
            "applicant": [undecided.applicant_id],
            "anybody": [undecided.applicant_id],
            "override": [override.id],
            "decision": [decision.id],
            "offer": [offer.id],
            "contest": [contest.id],
            "key": [key.id],
            "webhook": [webhook.id],
            "queue_view": [view.id],
            "export": [export.id],
            "model": [champion.version],
        }
        | reports,
    )


def _people(branch: Branch) -> dict[str, User]:
    return {
        "officer": UserFactory(branch=branch, first_name="Odile", last_name="Officier"),
        "senior": UserFactory(branch=branch, senior=True, first_name="Simone", last_name="Sénior"),
        "auditor": UserFactory(auditor=True),
        "risk": UserFactory(risk=True),
        "administrator": UserFactory(administrator=True),
    }


def _case(branch: Branch, last_name: str, external_score: float) -> Application:
    file = credit_file(EXT_SOURCE_1=external_score, EXT_SOURCE_2=external_score, EXT_SOURCE_3=external_score)
    applicant = ApplicantFactory(branch=branch, last_name=last_name)
    return ApplicationFactory(applicant=applicant, file=file, score_later=True)


def _score(case: Application) -> Score:
    return Score.objects.select_related("explanation").get(credit_file__application=case)


def _codes(case: Application) -> list[str]:
    return [reason["reason_code"] for reason in _score(case).explanation.principal_reasons]


def _decline(case: Application, officer: User) -> Decision:
    made = decision_create(application=case, data=DecisionInput(_score(case).id, "decline", _codes(case)), user=officer)
    assert isinstance(made, Decision)
    return made


def _propose(case: Application, officer: User, **fields: Any) -> Override:
    data: dict[str, Any] = {
        "outcome": "approve",
        "override_reason": "income_verified",
        "note": "Seen on <b>pay</b> slips.",
    }
    made = decision_create(application=case, data=DecisionInput(_score(case).id, **data | fields), user=officer)
    assert isinstance(made, Override)
    return made


def _offer(case: Application, people: dict[str, User]) -> Decision:
    terms = {"AMT_CREDIT": float(case.amount) * 0.6}
    proposal = _propose(
        case,
        people["officer"],
        outcome="counter_offer",
        override_reason="collateral",
        reason_codes=_codes(case),
        offer=terms,
    )
    review_create(override_id=proposal.id, verdict="confirmed", user=people["senior"])
    return Decision.objects.get(override=proposal)


def _reports(champion: ModelVersion, folder: Path) -> dict[str, list[Any]]:
    run, batch = _run(folder), _batch()
    jobs.run_all_here(lambda _done: None)
    return {
        "batch": [batch.id],
        "run": [run.id],
        "feature": [run.id, champion.manifest["features"][0]["name"]],
    }


def _run(folder: Path) -> MonitoringRun:
    path = folder / "current.parquet"
    generate_applications(120, 11).drop(columns="TARGET").to_parquet(path)
    return monitoring_run_create_from_table(product=PRODUCT, path=path, actor=SYSTEM)


def _batch() -> Batch:
    table = frame(5)
    table.loc[1, "AMT_CREDIT"] = -1.0
    upload = SimpleUploadedFile("portfolio.csv", as_csv(table))
    batch, _is_new = batch_create(product=PRODUCT, upload=upload, with_reasons=True, actor=SYSTEM)
    return batch
