"""One applicant of a lender's raw tables as an application. The tables carry no identity, so the key stands for it."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Branch
from applications.enums import Source
from applications.models import Application
from applications.services import applicant_create, application_submit
from common.actors import SYSTEM
from common.errors import InvalidInput
from ml.contract import Contract
from ml.raw_tables import RawApplicant


@transaction.atomic
def application_import(*, contract: Contract, raw: RawApplicant, branch: Branch) -> Application | None:
    """None when the applicant was imported before."""
    external_id = f"{contract.product}-{raw.key}"
    if Application.objects.filter(external_id=external_id).exists():
        return None
    applicant = applicant_create(
        first_name="Client",
        last_name=str(raw.key),
        birth_date=_birth_date(contract, raw),
        branch=branch,
        language="fr",
        actor=SYSTEM,
    )
    return application_submit(
        applicant=applicant,
        product=contract.product,
        file=raw.file,
        source=Source.IMPORT,
        actor=SYSTEM,
        external_id=external_id,
    )


def _birth_date(contract: Contract, raw: RawApplicant) -> date:
    """The latest day that fits the age in the file."""
    today = timezone.localdate()
    if contract.birth_column is None:
        raise InvalidInput(_("The tables of this product hold no age, and an applicant needs a date of birth."))
    given = raw.file[contract.root_table].get(contract.birth_column)
    if not isinstance(given, int | float):
        raise InvalidInput(f"{contract.birth_column} is missing.")
    if contract.birth_days_column:
        return today + timedelta(days=given)
    return _years_before(today, int(given))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)
