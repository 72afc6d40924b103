"""Work out what a counter-offer changes in a request, and what model and policy say of it. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from applications import wording as file_wording
from applications.services import contract_of
from common import formatting
from common.errors import InvalidInput
from ml.contract import Contract
from ml.errors import Problem
from ml.levers import Lever, load_levers
from ml.validation import validate_file
from scoring.assessment import Assessment
from scoring.models import Score
from scoring.selectors import assess_changed

POINTER = "/offer"


@dataclass(frozen=True)
class Offered:
    """``changes``: every column of the request that is another under the offer, with its value."""

    changes: dict[str, Any]
    assessment: Assessment


def offered_levers(product: str) -> list[Lever]:
    """What a lender may offer otherwise: none for a product that names nothing."""
    return [lever for lever in load_levers(product) if lever.offered]


def offer_of(score: Score, file: Mapping[str, Any], terms: Mapping[str, float]) -> Offered:
    """The offer as it would be recorded.

    Refused beside the term: nothing offered, more than was asked for, out of reach, or over the cutoff where the
    request itself was under it.
    """
    contract = contract_of(score.credit_file.application.product)
    row = dict(file[contract.root_table])
    changed = _changed_row(contract, row, terms)
    problems = validate_file(contract, {**file, contract.root_table: changed})
    if problems:
        raise InvalidInput(_("These terms cannot be offered."), [_at_offer(problem) for problem in problems])
    found = assess_changed(score, dict(file), changed)
    if found.is_over_cutoff and not score.is_over_cutoff:
        raise _refused("", _over(found))
    return Offered({name: value for name, value in changed.items() if value != row.get(name)}, found)


def _changed_row(contract: Contract, row: dict[str, Any], terms: Mapping[str, float]) -> dict[str, Any]:
    levers = {lever.column: lever for lever in offered_levers(contract.product)}
    unknown = [name for name in terms if name not in levers]
    if unknown:
        raise _refused(unknown[0], _("This cannot be offered for this product."))
    changed = dict(row)
    for name, lever in levers.items():
        if name in terms and terms[name] != row.get(name):
            changed |= _moved(contract, lever, row, changed, terms[name])
    if changed == row:
        raise _refused("", _("Offer other terms than those asked for."))
    return changed


def _moved(
    contract: Contract, lever: Lever, asked: Mapping[str, Any], row: Mapping[str, Any], value: float
) -> dict[str, Any]:
    """Between what was asked for and how far the lever reaches from where the offer's other terms left it."""
    if not asked.get(lever.column):
        raise _refused(lever.column, _("The request does not state it, so there is nothing to offer instead."))
    least, most = row[lever.column] * lever.furthest, asked[lever.column]
    if not least <= value <= most:
        column = contract.application.column(lever.column)
        said = {"least": file_wording.value_text(column, least), "most": file_wording.value_text(column, most)}
        raise _refused(lever.column, _("Offer between %(least)s and the %(most)s asked for.") % said)
    return lever.moved(row, value, contract)


def _over(found: Assessment) -> str:
    return _("These terms are riskier than those asked for: %(pd)s, over the cutoff of %(cutoff)s.") % {
        "pd": formatting.percent(found.probability_of_default),
        "cutoff": formatting.percent(found.cutoff),
    }


def _refused(column: str, message: str) -> InvalidInput:
    pointer = f"{POINTER}/{column}" if column else POINTER
    return InvalidInput(_("These terms cannot be offered."), [Problem(pointer, "invalid", message)])


def _at_offer(problem: Problem) -> Problem:
    return replace(problem, pointer=f"{POINTER}/{problem.pointer.rsplit('/', 1)[-1]}")
