"""What is written about an applicant and an application; every function leaves ledger events in its transaction."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import Branch, User
from accounts.permissions import may, require
from applications import lifecycle
from applications.enums import Source, Status
from applications.erasure import person_lock
from applications.models import Applicant, Application, CreditFile
from common import crypto, jobs, ledger
from common.actors import Actor
from common.canonical import canonical_json, sha256_of
from common.errors import Conflict, InvalidInput, NotAllowed
from ml.contract import Contract, available_products, load_contract
from ml.errors import Problem
from ml.validation import validate_file

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
SCORE_JOB = "score_application"
LONGEST_LIFE = timedelta(days=120 * 365.25)
YOUNGEST = timedelta(days=18 * 365.25)  # credit is for adults


@transaction.atomic
def applicant_create(
    *,
    first_name: str,
    last_name: str,
    birth_date: date,
    branch: Branch,
    language: str,
    actor: Actor,
    email: str = "",
) -> Applicant:
    _check_birth_date(birth_date)
    applicant = Applicant(
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        birth_date=birth_date,
        branch=branch,
        language=language,
        subject_key=crypto.subject_key_create(),
    )
    if email:
        applicant.email_encrypted = crypto.encrypt(applicant.subject_key, email.encode(), applicant.id)
    applicant.save()
    ledger.record(action="applicant.created", subject=applicant, actor=actor)
    return applicant


@transaction.atomic
def application_submit(
    *,
    applicant: Applicant,
    product: str,
    file: Mapping[str, Any],
    source: Source,
    actor: Actor,
    external_id: str | None = None,
    score_later: bool = True,
) -> Application:
    """Take an application in with its first credit file. ``score_later`` leaves the score to a worker."""
    contract = contract_of(product)
    check_file(contract, file)
    applicant = person_lock(applicant)  # nobody is erased while an application comes in
    if applicant.is_erased:
        raise crypto.PersonErased(_("This person's data was erased."))
    now = timezone.now()
    application = Application(
        reference=_new_reference(),
        external_id=external_id,
        product=product,
        applicant=applicant,
        branch=applicant.branch,
        status=Status.SUBMITTED,
        amount=amount_of(contract, file),
        currency=contract.currency,
        submitted_at=now,
        due_at=now + timedelta(hours=settings.CASE_PROMISE_HOURS),
    )
    _save_once(application)
    credit_file = _file_write(application, contract, file, source, actor, version=1)
    ledger.record(
        action="application.submitted",
        subject=application,
        actor=actor,
        facts={"file": str(credit_file.id), "file_sha256": credit_file.sha256, "product": product},
    )
    if score_later:
        score_request(credit_file=credit_file)
    return application


@transaction.atomic
def credit_file_add(
    *, application: Application, file: Mapping[str, Any], source: Source, actor: Actor, score_later: bool = True
) -> CreditFile:
    """A changed input is a new version; the case goes back to where it waits for a score."""
    application = lock(application)
    if application.status not in lifecycle.TAKES_NEW_FILE:
        raise Conflict(
            _("This case is %(state)s: its file can no longer change.") % {"state": application.get_status_display()},
            code="file_is_closed",
        )
    contract = contract_of(application.product)
    check_file(contract, file)
    previous = application.files.order_by("-version").values_list("version", flat=True).first() or 0
    credit_file = _file_write(application, contract, file, source, actor, version=previous + 1)
    application.amount = amount_of(contract, file)
    application.save(update_fields=["amount"])
    application_move(application=application, to=Status.SUBMITTED, actor=actor, facts={"file": str(credit_file.id)})
    if score_later:
        score_request(credit_file=credit_file)
    return credit_file


def score_request(*, credit_file: CreditFile) -> None:
    jobs.enqueue(kind=SCORE_JOB, key=str(credit_file.id), payload={"credit_file": str(credit_file.id)})


def application_move(
    *, application: Application, to: Status, actor: Actor, facts: dict[str, Any] | None = None
) -> None:
    """One step of the life of a case; the caller holds the row's lock."""
    if not lifecycle.may_move(application.status, to):
        raise Conflict(
            _("A case that is “%(now)s” cannot become “%(then)s”.")
            % {"now": application.get_status_display(), "then": Status(to).label},
            code="transition_refused",
        )
    before, application.status = application.status, to
    application.save(update_fields=["status"])
    ledger.record(
        action="application.moved",
        subject=application,
        actor=actor,
        facts={"from": before, "to": to.value} | (facts or {}),
    )


@transaction.atomic
def application_take(*, application: Application, user: User) -> Application:
    """The officer becomes the owner; a case that somebody else holds is not taken silently."""
    require(user, Act.DECIDE)
    application = lock(application)
    if application.branch_id != user.branch_id:
        raise NotAllowed(_("This case belongs to another branch."))
    if application.status == Status.CONTESTED:
        raise Conflict(_("A contest is taken on its own page, by a senior officer."), code="contested")
    if application.assigned_to_id not in (None, user.id):
        raise Conflict(_("%(owner)s already works on this case.") % {"owner": application.assigned_to}, code="taken")
    return _assign(application, user, user.actor, "application.taken")


@transaction.atomic
def application_hand_back(*, application: Application, user: User) -> Application:
    """The owner gives the case back; a senior of the branch may do it for an owner who is away."""
    application = lock(application)
    stands_in = may(user, Act.REVIEW) and application.branch_id == user.branch_id
    if application.assigned_to_id != user.id and not (stands_in and application.assigned_to_id):
        raise Conflict(_("You do not hold this case."), code="not_owner")
    return _assign(application, None, user.actor, "application.handed_back")


@transaction.atomic
def application_assign(*, application: Application, to: User, user: User) -> Application:
    """A senior gives a case of the branch to one who may decide it, whoever held it before."""
    require(user, Act.REVIEW)
    application = lock(application)
    if not application.branch_id == user.branch_id == to.branch_id or not (to.is_active and may(to, Act.DECIDE)):
        raise NotAllowed(_("This person cannot work on this case."))
    if application.status == Status.CONTESTED:
        raise Conflict(_("A contest is taken on its own page, by a senior officer."), code="contested")
    return _assign(application, to, user.actor, "application.assigned")


def lock(application: Application) -> Application:
    """The row as it is now, held until the end of the transaction."""
    return Application.objects.select_for_update(of=("self",)).get(pk=application.pk)


def contract_of(product: str) -> Contract:
    if product not in available_products():
        known = ", ".join(available_products())
        raise InvalidInput(
            _("Unknown product."), [Problem("/product", "unseen_category", _("Unknown product."), known)]
        )
    return load_contract(product)


def check_file(contract: Contract, file: Mapping[str, Any]) -> None:
    problems = validate_file(contract, file)
    if problems:
        raise InvalidInput(_("The credit file does not keep the product's contract."), problems)


def _assign(application: Application, user: User | None, actor: Actor, action: str) -> Application:
    if application.assigned_to == user:  # the same form, sent twice, is one act
        return application
    application.assigned_to = user
    application.save(update_fields=["assigned_to"])
    ledger.record(action=action, subject=application, actor=actor)
    return application


def _file_write(
    application: Application, contract: Contract, file: Mapping[str, Any], source: Source, actor: Actor, version: int
) -> CreditFile:
    row = CreditFile(
        application=application,
        version=version,
        sha256=sha256_of(file),
        contract_version=contract.version,
        source=source,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    row.document_encrypted = crypto.encrypt(application.applicant.subject_key, canonical_json(file), row.id)
    row.save()
    return row


def _save_once(application: Application) -> None:
    try:
        with transaction.atomic():
            application.save(force_insert=True)
    except IntegrityError as error:
        if "external_id" not in str(error):
            raise
        known = Application.objects.filter(external_id=application.external_id, branch=application.branch_id).first()
        raise Conflict(
            _("An application with this external id exists already."),
            code="external_id_taken",
            details={"application": str(known.id)} if known else {},  # another branch's stays unknown
        ) from error


def _new_reference() -> str:
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _i in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def amount_of(contract: Contract, file: Mapping[str, Any]) -> Decimal | None:
    value = file[contract.root_table].get(contract.amount_column)
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


def _check_birth_date(birth_date: date) -> None:
    today = timezone.localdate()
    if not today - LONGEST_LIFE < birth_date <= today - YOUNGEST:
        raise InvalidInput(
            _("The date of birth is not plausible."),
            [Problem("/applicant/birth_date", "out_of_range", _("The date of birth is not plausible."))],
        )
