"""Two features at once: a picture of people by both, and how many are on which side of the applicant."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from common import formatting
from decisions.comparison.charts import scatter_figure
from decisions.comparison.page import Comparison
from decisions.comparison.wording import Compared, side_words
from explanations.comparison import FEWEST_IN_CELL, Crowd, bins_of, cells_of, cross_of, grid_size


@dataclass(frozen=True)
class Scatter:
    """Two features at once: ``cross`` shares people by the two sides of the applicant's values."""

    figure: dict[str, Any]
    summary: str
    heads: tuple[str, str]
    cross: list[tuple[str, str, str]]
    hidden: str


def scatter(found: Comparison) -> Scatter | None:
    """None where there is no second feature, too few people, or no person whose two values are known together."""
    if found.y is None or found.crowd is None or not found.crowd.is_persons:
        return None
    x, y = found.x, found.y
    most = grid_size(found.crowd.people)
    bins = [bins_of(found.everybody.columns[each.name], each.levels, most) for each in (x, y)]
    cells = cells_of(found.crowd, (x.name, bins[0]), (y.name, bins[1]))
    return Scatter(
        figure=scatter_figure((x, bins[0]), (y, bins[1]), cells),
        **_crossed(found.crowd, x, y, found.of_group),
        hidden=_hidden(cells.hidden) if cells.hidden else "",
    )


def _crossed(crowd: Crowd, x: Compared, y: Compared, of_group: str) -> dict[str, Any]:
    across, up = crowd.columns[x.name], crowd.columns[y.name]
    known = ~np.isnan(across) & ~np.isnan(up)
    heads = tuple(f"{y.label}{formatting.NBSP}– {word}" for word in side_words(y))
    if x.value is None or y.value is None:
        summary = _("The applicant has no value for one of the two, so there is no place to mark.")
        return {"summary": summary, "heads": heads, "cross": []}
    sides = [_side(each, values[known]) for each, values in ((x, across), (y, up))]
    shares = cross_of(sides[0], sides[1])
    words = side_words(x), side_words(y)
    summary = _("Beside this applicant, %(share)s %(of_group)s have %(first)s for “%(x)s” and %(second)s for “%(y)s”.")
    rows = [
        (f"{x.label}{formatting.NBSP}– {word}", *(formatting.percent(share, 0) for share in line))
        for word, line in zip(words[0], shares, strict=True)
    ]
    told = {
        "share": formatting.percent(shares[0][0], 0),
        "of_group": of_group,
        "first": words[0][0],
        "x": x.label,
        "second": words[1][0],
        "y": y.label,
    }
    return {"summary": summary % told, "heads": heads, "cross": rows}


def _side(compared: Compared, values: Any) -> Any:
    return values == compared.value if compared.is_listed else values < compared.value


def _hidden(share: float) -> str:
    words = _("%(share)s of these people stand where fewer than %(fewest)s do, and are not drawn.")
    return words % {"share": formatting.percent(share, 0), "fewest": FEWEST_IN_CELL}
