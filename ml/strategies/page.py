"""The comparison as a page for people, in Markdown, with the choice in words."""

from __future__ import annotations

from collections.abc import Sequence

from ml.metrics import Interval
from ml.strategies.catalogue import ACCEPT_EVERYONE, CHAMPION, LABELS, REBALANCED, SCORECARD
from ml.strategies.comparison import Comparison
from ml.strategies.judging import SLOPE_HIGH, SLOPE_LOW, Difference, Judged, StrategyFigures
from ml.strategies.points import PointsRow

CHARACTERISTICS_SHOWN = 10


def comparison_page(comparison: Comparison, points: Sequence[PointsRow]) -> str:
    """The page: separation, probabilities as given and calibrated, differences, choice, scorecard."""
    parts = [_head(comparison), _separation(comparison), _probabilities(comparison), _differences(comparison)]
    parts += [_choice(comparison), _scorecard(points), _left_out(comparison)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(comparison: Comparison) -> str:
    costs = comparison.costs
    return f"""# Strategies compared

Written by `make compare DATA=folder`; not edited by hand.

{comparison.rows:,} applicants, {comparison.default_rate:.2%} in default, {comparison.features} features of the product
`{comparison.product}`. Every strategy is judged on the same {comparison.folds} stratified folds (seed
{comparison.seeds[0]}), each fold by a fit on the others. The champion is the mean of {comparison.members} fits that
differ by their seed, as the product's configuration says; so are the tuned ones. Whatever is fitted - imputation,
scale, bins, synthetic rows, parameters - is fitted outside the fold. A wrongly granted loan costs
{costs.false_negative:g}, a wrongly refused one {costs.false_positive:g}.

Data `{comparison.data_sha256[:16]}`, code `{_short(comparison.code_version)}`."""


def _separation(comparison: Comparison) -> str:
    head = (
        "| strategy | AUC (95 %) | Gini | KS | PR-AUC | cost per client | approved | training s | prediction µs |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    rows = "\n".join([*head, *(_separation_row(each) for each in comparison.strategies)])
    return f"""## Who is told from whom, and what it costs

Cost and approval at the strategy's own best cutoff, which for each fold is the cheapest one on the other folds, so even
probabilities that mean nothing get the cutoff that suits them. Times are processor time: training of one
fold, and prediction per applicant when a whole fold is predicted at once.

{rows}"""


def _separation_row(each: StrategyFigures) -> str:
    own = each.raw.at_own_cutoff
    return _line(
        _label(each.name),
        f"{own.auc.value:.4f} ({own.auc.lower:.4f}-{own.auc.upper:.4f})",
        *(f"{value:.4f}" for value in (own.gini, own.ks, own.pr_auc, own.cost_per_client)),
        f"{own.approval_rate:.1%}",
        f"{each.training_seconds:.1f}",
        f"{each.microseconds_per_row:.1f}",
    )


def _probabilities(comparison: Comparison) -> str:
    head = (
        "| strategy | probabilities | Brier | log loss | slope | intercept | cost at own cutoff "
        "| cost at break-even | approved |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    rows = [line for each in comparison.strategies for line in _probability_rows(each)]
    table = "\n".join([*head, *rows])
    return f"""## Whether the probabilities mean what they say

As the strategy gives them, and after beta calibration fitted on the other folds. Slope 1 and intercept 0 are right.
Break-even is {comparison.costs.break_even:.4f}: whoever lies over it is declined, which is only right if the
probability is.

{table}

{_lesson(comparison)}"""


def _probability_rows(each: StrategyFigures) -> list[str]:
    rows = [_probability_row(_label(each.name), "as given", each.raw)]
    if each.calibrated:
        rows.append(_probability_row("", "calibrated", each.calibrated))
    return rows


def _probability_row(label: str, kind: str, judged: Judged) -> str:
    own = judged.at_own_cutoff
    return _line(
        label,
        kind,
        f"{own.brier:.4f}",
        f"{own.log_loss:.4f}",
        _or_dash(own.calibration_slope),
        _or_dash(own.calibration_intercept),
        f"{own.cost_per_client:.4f}",
        f"{judged.break_even_cost:.4f}",
        f"{judged.break_even_approval:.1%}",
    )


def _lesson(comparison: Comparison) -> str:
    """What weighting and resampling do, in the figures of those that were compared."""
    rebalanced = [each for each in comparison.strategies if each.name in REBALANCED and each.calibrated]
    champion = comparison.figures(CHAMPION).calibrated
    if not rebalanced or champion is None:
        return ""
    lines = "\n".join(_moved(each) for each in rebalanced)
    best = min(each.calibrated.break_even_cost for each in rebalanced if each.calibrated)
    verdict = "not one of them" if best >= champion.break_even_cost else "at least one of them"
    return f"""Weighting and resampling tell the model that defaulters are common, so its probabilities say so too:

{lines}

Calibration takes that back; what is left is how well each separates. Calibrated, {verdict} costs less than the
champion ({champion.break_even_cost:.4f})."""


def _moved(each: StrategyFigures) -> str:
    calibrated = f"{each.calibrated.break_even_cost:.4f}" if each.calibrated else "-"
    return (
        f"- {_label(each.name)}: as given, break-even approves {each.raw.break_even_approval:.1%} and costs "
        f"{each.raw.break_even_cost:.4f}; calibrated, {calibrated}."
    )


def _differences(comparison: Comparison) -> str:
    head = (
        "| strategy | folds | AUC | log loss | cost per client |",
        "|---|---|---|---|---|",
    )
    champion = comparison.figures(CHAMPION)
    means = [champion.mean(figure) for figure in ("auc", "log_loss", "cost")]
    own = _line(_label(CHAMPION), str(len(champion.folds)), *(f"{value:.4f}" for value in means))
    rows = "\n".join([*head, own, *(_difference_row(each) for each in comparison.differences)])
    shuffles = ", ".join(str(seed) for seed in comparison.seeds)
    return f"""## How sure the differences are

The folds of seeds {shuffles}; the champion's means, then each strategy minus the champion on the same folds,
calibrated, declined at break-even. The intervals (95 %) are of the corrected resampled t (Nadeau and Bengio, 2003),
because folds share training rows. Nested: the parameters used for a fold were searched without it, so that figure is
not its own tuning; the figure of what was tuned on these rows is, and it is never chosen.

{rows}"""


def _difference_row(each: Difference) -> str:
    return _line(
        _label(each.name), str(each.folds), *(_signed(value) for value in (each.auc, each.log_loss, each.cost))
    )


def _choice(comparison: Comparison) -> str:
    choice, champion = comparison.choice, comparison.figures(comparison.choice.name)
    words = [_why(comparison)]
    if champion.calibrated:
        own = champion.calibrated.at_own_cutoff
        everyone = next((each for each in comparison.strategies if each.name == ACCEPT_EVERYONE), None)
        against = f", against {everyone.raw.break_even_cost:.4f} for granting to everyone" if everyone else ""
        words.append(
            f"It costs {champion.calibrated.break_even_cost:.4f} per client{against}, with calibration slope "
            f"{_or_dash(own.calibration_slope)} (right between {SLOPE_LOW} and {SLOPE_HIGH})."
        )
    found = next((each for each in comparison.differences if each.name == SCORECARD), None)
    if found:
        words.append(
            f"The scorecard, whose points anybody can add up, differs by {_signed(found.cost)} in cost and "
            f"{_signed(found.auc)} in AUC: the interpretable challenger."
        )
    return f"## The choice: {_label(choice.name)}\n\n" + " ".join(words)


def _why(comparison: Comparison) -> str:
    choice = comparison.choice
    if choice.name != CHAMPION:
        return f"{_label(choice.name)} is cheaper than the champion beyond chance, and calibrated."
    if choice.cheapest == CHAMPION:
        return "No calibrated strategy is cheaper than the product's configuration."
    found = next(each for each in comparison.differences if each.name == choice.cheapest)
    return (
        f"{_label(choice.cheapest)} has the least mean cost, {_signed(found.cost)} against the champion, but the "
        "interval holds zero: the difference may be chance, so the configuration stays."
    )


def _scorecard(points: Sequence[PointsRow]) -> str:
    if not points:
        return ""
    spread: dict[str, tuple[str, int]] = {}
    for row in points:
        worth = [each.points for each in points if each.feature == row.feature]
        spread[row.feature] = (row.label_en, max(worth) - min(worth))
    ranked = sorted(spread.values(), key=lambda pair: -pair[1])[:CHARACTERISTICS_SHOWN]
    rows = "\n".join(_line(label, str(width)) for label, width in ranked)
    return f"""## The scorecard

Fitted on all rows it has {len(spread)} characteristics. These move the score most, in points between the
worst and the best bin; every bin with its points is in `comparison.json`.

| characteristic | points |
|---|---|
{rows}"""


def _left_out(comparison: Comparison) -> str:
    if not comparison.left_out:
        return ""
    lines = "\n".join(f"- {_label(each.name)}: {each.why.rstrip('.')}." for each in comparison.left_out)
    return f"## Left out\n\n{lines}"


def _label(name: str) -> str:
    return LABELS.get(name, name)


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _short(code_version: str) -> str:
    commit, _, modified = code_version.partition("-")
    return f"{commit[:12]}-{modified}" if modified else commit[:12]


def _signed(value: Interval) -> str:
    return f"{value.value:+.4f} ({value.lower:+.4f} to {value.upper:+.4f})"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
