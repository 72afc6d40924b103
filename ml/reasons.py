"""The principal reasons of one score: at most four, adverse, and really scored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features.specification import Feature, Specification

MOST_REASONS = 4
MISSING = "missing_information"


@dataclass(frozen=True)
class PrincipalReason:
    """One reason: its summed contribution in log-odds (above 0) and the adverse features behind it."""

    reason_code: str
    contribution: float
    features: tuple[str, ...]


def principal_reasons(
    contributions: NDArray[np.float64],
    specification: Specification,
    matrix_row: NDArray[Any],
    limit: int = MOST_REASONS,
) -> list[PrincipalReason]:
    """The reason codes that raised one applicant's log-odds most.

    Parameters: ``contributions`` and ``matrix_row`` of one applicant, shape (features,); ``limit``
    is cut to four, the most a notice may carry (Regulation B, comment 9(b)(2)-1).

    Returns: reasons in falling order of contribution. Contributions are summed per reason code, so
    that features of one subject cannot crowd out the rest; a group that lowered the risk on the whole
    is left out, and so is any feature the contract does not allow as a reason. What was missing is
    given as missing, never as if it had been known.
    """
    groups: dict[str, list[tuple[float, str]]] = defaultdict(list)
    codes = reason_codes(specification, matrix_row)
    for feature, value, code in zip(specification.features, contributions, codes, strict=True):
        if feature.reason_allowed and code:
            groups[code].append((float(value), feature.name))
    reasons = [_reason(code, parts) for code, parts in groups.items()]
    adverse = [reason for reason in reasons if reason.contribution > 0.0]
    adverse.sort(key=lambda reason: (-reason.contribution, reason.reason_code))
    return adverse[: max(0, min(limit, MOST_REASONS))]


def reason_codes(specification: Specification, matrix_row: NDArray[Any]) -> list[str]:
    """The reason code of each feature for one applicant: what was missing counts as missing information.

    A feature or subject with a code of its own for that (``external_score_missing``) keeps it. Features that may not
    be given as a reason have the empty code.
    """
    known = {feature.reason_code for feature in specification.features}

    def code_of(feature: Feature, given: Any) -> str:
        if not feature.reason_code or not np.isnan(given):
            return feature.reason_code
        if feature.missing_reason_code:
            return feature.missing_reason_code
        own = f"{feature.reason_code}_missing"
        return own if own in known else MISSING

    return [code_of(*pair) for pair in zip(specification.features, matrix_row, strict=True)]


def _reason(code: str, parts: list[tuple[float, str]]) -> PrincipalReason:
    adverse = sorted(((value, name) for value, name in parts if value > 0.0), key=lambda part: (-part[0], part[1]))
    return PrincipalReason(code, sum(value for value, _ in parts), tuple(name for _, name in adverse))
