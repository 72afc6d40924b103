"""What the risk manager starts with: is the model drifting, and does it predict what is observed."""

from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Act
from accounts.models import User
from applications.wording import product_choices
from common import formatting
from common.panels import ADVERSE, FAVOURABLE, NEUTRAL, Column, Panel, Series, bars, number_column
from common.periods import since
from decisions.enums import Outcome as Decided
from decisions.home import WEEK, Home, Tile, counted, part
from monitoring.enums import Kind, Level
from monitoring.models import MetricValue, Outcome
from scoring.enums import ModelState
from scoring.models import ModelVersion, Score

RUNS_SHOWN = 8


@part(Act.READ_MONITORING)
def models(user: User, home: Home) -> None:
    overview = reverse("monitoring:monitoring-overview")
    [scores] = counted(Score.objects.filter(since(timezone.now() - WEEK)))
    champions = ModelVersion.objects.filter(state=ModelState.CHAMPION).order_by("promoted_at").defer("manifest")
    found = list(champions)
    home.tiles += [
        Tile(_("Scores"), scores, _("in the last 7 days"), overview),
        *(_champion_tile(champion, overview, alone=len(found) == 1) for champion in found),
        *([] if found else [Tile(_("Model in service"), _("none"), "", overview)]),
    ]


@part(Act.RUN_MONITORING)
def drift(user: User, home: Home) -> None:
    served = MetricValue.objects.filter(run__model_version__state=ModelState.CHAMPION)
    scores = list(
        served.filter(kind=Kind.PSI)
        .select_related("run__model_version")
        .defer("bins", "run__model_version__manifest")
        .order_by("-run_id")[:RUNS_SHOWN]
    )
    home.tiles.append(_alarm_tile(served, scores))
    home.panels += [_drift_panel(scores), _outcome_panel()]


def _champion_tile(champion: ModelVersion, overview: str, *, alone: bool) -> Tile:
    since_day = champion.promoted_at
    note = _("since %(day)s") % {"day": formatting.day(timezone.localtime(since_day))} if since_day else ""
    label = _("Model in service")
    if not alone:
        label = _("Model in service: %(product)s") % {"product": _product(champion.product)}
    return Tile(label, champion.version, note, f"{overview}?product={champion.product}")


def _alarm_tile(served: QuerySet[MetricValue], scores: list[MetricValue]) -> Tile:
    label, url = _("Alarms of the last run"), reverse("monitoring:monitoring-overview")
    if not scores:
        return Tile(label, _("no run yet"), _("of the model in service"), url)
    counts = served.filter(run=scores[0].run_id).aggregate(
        alarm=Count("id", filter=Q(level=Level.ALARM)), watch=Count("id", filter=Q(level=Level.WATCH))
    )
    note = ngettext("%(count)s more to watch", "%(count)s more to watch", counts["watch"])
    run = reverse("monitoring:run-detail", args=[scores[0].run_id])
    return Tile(label, formatting.number(counts["alarm"]), note % {"count": formatting.number(counts["watch"])}, run)


def _drift_panel(scores: list[MetricValue]) -> Panel:
    names = [_run_name(value) for value in scores]
    if scores:
        finding = _("The score's PSI in the last run is %(psi)s: %(level)s.") % {
            "psi": formatting.number(scores[0].value, 3),
            "level": scores[0].get_level_display().lower(),
        }
    else:
        finding = _("No monitoring run has figures yet.")
    series = [
        Series(str(level.label), [round(v.value, 4) if v.level == level else 0 for v in scores], color, pattern)
        for level, color, pattern in _LEVELS
        if any(value.level == level for value in scores)
    ]
    return Panel(
        key="drift",
        heading=_("Stability of the score"),
        finding=finding,
        columns=[Column(_("Run")), number_column(_("PSI")), Column(_("Level")), number_column(_("Applicants"))],
        rows=[
            [
                name,
                formatting.number(value.value, 3),
                str(value.get_level_display()),
                formatting.number(value.current_count),
            ]
            for name, value in zip(names, scores, strict=True)
        ],
        figure=bars(names, series, _("PSI of the score"), whole=False) if scores else None,
        url=reverse("monitoring:monitoring-overview"),
        action=_("To the monitoring"),
    )


_LEVELS = (
    (Level.STABLE, FAVOURABLE, ""),
    (Level.WATCH, NEUTRAL, "."),
    (Level.ALARM, ADVERSE, "/"),
    (Level.UNJUDGED, "#8793a0", "x"),
)


def _outcome_panel() -> Panel:
    """By grade: of the credits that were granted and observed, how many defaulted, and how many were expected to."""
    granted = Outcome.objects.filter(corrected_by=None, application__decisions__outcome=Decided.APPROVE)
    rows = granted.values_list("application__decisions__score__risk_grade").annotate(
        count=Count("id"),
        defaults=Count("id", filter=Q(is_default=True)),
        expected=Avg("application__decisions__score__probability_of_default"),
    )
    found = list(rows.order_by("application__decisions__score__risk_grade"))
    return Panel(
        key="outcomes",
        heading=_("Outcomes by grade"),
        finding=_outcome_finding(found),
        columns=[
            Column(_("Grade")),
            number_column(_("Observed credits")),
            number_column(_("Defaults")),
            number_column(_("Share observed")),
            number_column(_("Share expected")),
        ],
        rows=[
            [
                grade,
                formatting.number(count),
                formatting.number(defaults),
                formatting.percent(defaults / count),
                formatting.percent(expected),
            ]
            for grade, count, defaults, expected in found
        ],
        figure=_outcome_figure(found) if found else None,
    )


def _outcome_figure(found: list[Any]) -> dict[str, Any]:
    series = [
        Series(_("observed"), [round(100 * defaults / count, 2) for _g, count, defaults, _e in found], ADVERSE, "/"),
        Series(_("expected"), [round(100 * expected, 2) for *_rest, expected in found], NEUTRAL),
    ]
    return bars([row[0] for row in found], series, _("defaults in %"), whole=False, side_by_side=True)


def _outcome_finding(found: list[Any]) -> str:
    count = sum(row[1] for row in found)
    if not count:
        return _("No outcome of a granted credit is observed yet.")
    words = ngettext(
        "Of %(count)s observed credit %(observed)s defaulted; %(expected)s was expected.",
        "Of %(count)s observed credits %(observed)s defaulted; %(expected)s was expected.",
        count,
    )
    return words % {
        "count": formatting.number(count),
        "observed": formatting.percent(sum(row[2] for row in found) / count),
        "expected": formatting.percent(sum(row[1] * row[3] for row in found) / count),
    }


def _run_name(value: MetricValue) -> str:
    return f"{formatting.moment(value.run.created_at)} ({_product(value.run.model_version.product)})"


def _product(name: str) -> str:
    return str(dict(product_choices()).get(name, name))
