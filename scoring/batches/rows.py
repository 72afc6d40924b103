"""The rows of one chunk: held against the contract, scored together, each with its answer or its problems."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from applications.services import amount_of
from common.errors import in_words
from ml.contract_types import Column, Contract
from ml.errors import Problem
from ml.model import ScoringModel
from ml.reasons import principal_reasons
from ml.table_reading import NULLS
from ml.validation import validate_file
from scoring.assessment import Assessment, assess_rows
from scoring.policy import PolicyTerms

MOST_PROBLEMS_A_ROW = 10
LARGEST_WHOLE = 2**53

Found = dict[str, Any]


def answer(model: ScoringModel, terms: PolicyTerms, chunk: Found, *, with_reasons: bool) -> Found:
    """``chunk``: ``columns`` and ``rows`` of (number, line, values, problem). Gives ``results`` and ``problems``."""
    columns = [model.contract.application.column(name) for name in chunk["columns"]]
    good: list[tuple[Any, Found]] = []
    problems: list[Found] = []
    for number, line, values, unreadable in chunk["rows"]:
        place = {"row": number, "line": line}
        found = [_unreadable(unreadable)] if unreadable else []
        file = {} if unreadable else _file(model.contract, columns, values)
        found = found or _problems(model.contract, file)
        problems += [place | one for one in found]
        if not found:
            good.append((place, file))
    return {"results": list(_results(model, terms, good, with_reasons=with_reasons)), "problems": problems}


def _file(contract: Contract, columns: Sequence[Column], values: Sequence[Any]) -> Found:
    row = {column.name: typed(column, value) for column, value in zip(columns, values, strict=True)}
    return {contract.root_table: row}


def typed(column: Column, value: Any) -> Any:
    """A cell as the contract's type where it is certainly that; else as it is, for the contract to refuse."""
    if value is None or (isinstance(value, str) and value in NULLS):
        return None
    if column.dtype == "category":
        return str(value) if type(value) is int else value
    number = _number(value) if isinstance(value, str) else value
    if column.dtype != "float" and isinstance(number, float) and number.is_integer() and abs(number) < LARGEST_WHOLE:
        return int(number)
    return number


def _number(text: str) -> Any:
    if not text.isascii() or "_" in text:
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _problems(contract: Contract, file: Found) -> list[Found]:
    found = validate_file(contract, file)
    identifier = contract.id_column
    if file[contract.root_table].get(identifier) is None:
        found = [Problem(f"/{contract.root_table}/{identifier}", "missing", _("The row has no number.")), *found]
    return [
        {"column": one.pointer.rpartition("/")[2], "code": one.code, "reason": in_words(one)}
        for one in found[:MOST_PROBLEMS_A_ROW]
    ]


def _unreadable(problem: Sequence[str]) -> Found:
    code, reason, *column = problem
    return {"column": column[0] if column else None, "code": code, "reason": reason}


def _results(
    model: ScoringModel, terms: PolicyTerms, good: list[tuple[Any, Found]], *, with_reasons: bool
) -> Iterator[Found]:
    files = [file for _place, file in good]
    assessed = assess_rows(model, terms, files, [amount_of(model.contract, file) for file in files])
    reasons = _reasons(model, assessed) if with_reasons else [[]] * len(files)
    for (place, file), found, codes in zip(good, assessed, reasons, strict=True):
        yield {
            "row": place["row"],
            "id": file[model.contract.root_table][model.contract.id_column],
            "probability_of_default": found.probability_of_default,
            "score_points": found.score_points,
            "risk_grade": found.risk_grade,
            "recommendation": found.advice.recommendation.value,
            "principal_reasons": codes,
        }


def _reasons(model: ScoringModel, assessed: Sequence[Assessment]) -> list[list[str]]:
    if not assessed:
        return []
    matrix = np.concatenate([found.matrix for found in assessed])
    values = model.contributions(matrix).values
    return [
        [reason.reason_code for reason in principal_reasons(row, model.specification, given)]
        for row, given in zip(values, matrix, strict=True)
    ]
