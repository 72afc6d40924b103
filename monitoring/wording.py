"""The figures of a run as sentences and names that people read."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.wording import label_of
from common import formatting
from common.models import Job
from explanations.wording import codes_of, feature_text
from ml.contract import Contract, load_contract
from ml.errors import MlError
from ml.features import Feature, load_specification
from monitoring.enums import Level
from monitoring.models import MetricValue, MonitoringRun
from monitoring.policy import FEWEST_ROWS, enough_to_judge
from monitoring.selectors import RunView


@dataclass(frozen=True)
class Bin:
    """One class of values: how many of the reference fell into it, and how many now."""

    label: str
    reference: float
    current: float
    count: int

    @property
    def change(self) -> float:
        return self.current - self.reference


class Words:
    """The names of a product's features; a run outlives them and then shows what it recorded."""

    def __init__(self, product: str) -> None:
        self.contract: Contract | None = None
        self.features: dict[str, Feature] = {}
        try:
            self.contract = load_contract(product)
            self.features = {feature.name: feature for feature in load_specification(product).features}
        except MlError:
            pass

    def label(self, feature: str) -> str:
        known = self.features.get(feature)
        return label_of(known) if known else feature.replace("_", " ").capitalize()

    def bins(self, value: MetricValue) -> list[Bin]:
        stored = value.bins
        names = self._categories(value) if stored["categories"] else self._ranges(value)
        names.append(_("missing"))
        rows = zip(names, stored["reference"], stored["current"], stored["counts"], strict=True)
        return [Bin(*row) for row in rows]

    def _categories(self, value: MetricValue) -> list[str]:
        return [self._text(value.feature, float(place), name) for place, name in enumerate(value.bins["categories"])]

    def _ranges(self, value: MetricValue) -> list[str]:
        codes = self._codes(value.feature)
        if codes and value.bins["edges"]:
            bounds = [float("-inf"), *value.bins["edges"], float("inf")]
            return [_codes_within(codes, low, high) for low, high in pairwise(bounds)]
        edges = [self._edge(value, edge) for edge in value.bins["edges"]]
        if not edges:
            return [_("any value")]
        middle = [_("%(low)s to %(high)s") % {"low": low, "high": high} for low, high in pairwise(edges)]
        return [_("under %(edge)s") % {"edge": edges[0]}, *middle, _("from %(edge)s") % {"edge": edges[-1]}]

    def _codes(self, feature: str) -> dict[int, str]:
        known = self.features.get(feature)
        return codes_of(self.contract, known) if known and self.contract and known.dtype != "category" else {}

    def _edge(self, value: MetricValue, edge: float) -> str:
        return self._text(value.feature, edge, "") if value.feature else formatting.percent(edge)

    def _text(self, feature: str, number: float, otherwise: str) -> str:
        known = self.features.get(feature)
        if known is None or self.contract is None:
            return otherwise or formatting.short_number(number)
        return feature_text(self.contract, known, number)


def _codes_within(codes: dict[int, str], low: float, high: float) -> str:
    """The codes of one class, whose lower edge belongs to it."""
    words = [text for code, text in codes.items() if low <= code < high]
    if not words:
        return _("none")
    return words[0] if len(words) == 1 else _("“%(first)s” to “%(last)s”") % {"first": words[0], "last": words[-1]}


def window(run: MonitoringRun) -> str:
    if run.table is not None:
        return _("table %(name)s") % {"name": run.table.name}
    if run.period_from is None or run.period_to is None:
        return ""
    between = {"start": formatting.day(run.period_from), "end": formatting.day(run.period_to)}
    return _("scores from %(start)s to %(end)s") % between


def level_meaning(value: MetricValue) -> str:
    if value.level == Level.UNJUDGED and enough_to_judge(value.current_count):
        chance = {"chance": formatting.number(value.facts["chance"], 3)}
        return _("with so few applicants and so many classes, chance alone reaches %(chance)s") % chance
    return {
        Level.STABLE: _("under 0.1: no change worth acting on"),
        Level.WATCH: _("0.1 to 0.25: look at it, and look again next time"),
        Level.ALARM: _("0.25 or more: another population than the one the model knows"),
        Level.UNJUDGED: _("fewer than %(fewest)s applicants: chance would speak") % {"fewest": FEWEST_ROWS},
    }[Level(value.level)]


def drift_answer(view: RunView) -> str:
    """Is it drifting? One sentence with the figures."""
    if view.psi is None:
        return _("The figures are being computed.")
    if not view.is_judged:
        return _("Too few to judge: %(count)s applicants, at least %(fewest)s are needed.") % {
            "count": formatting.number(view.psi.current_count),
            "fewest": FEWEST_ROWS,
        }
    score = _("The score moved by a PSI of %(psi)s (%(level)s).") % {
        "psi": formatting.number(view.psi.value, 3),
        "level": view.psi.get_level_display().lower(),
    }
    return f"{_answer_of_features(view)} {score}"


def drift_word(view: RunView) -> str:
    return {
        Level.STABLE: _("No"),
        Level.WATCH: _("A little"),
        Level.ALARM: _("Yes"),
        Level.UNJUDGED: _("Not known"),
    }[view.level]


def _answer_of_features(view: RunView) -> str:
    alarms, watches = view.counts.get(Level.ALARM, 0), view.counts.get(Level.WATCH, 0)
    names: dict[str, Any] = {"all": len(view.features), "watch": watches}
    if not alarms and not watches:
        return _("None of %(all)s features moved.") % names
    alarm = ngettext("%(count)s feature of %(all)s is in alarm,", "%(count)s features of %(all)s are in alarm,", alarms)
    watch = ngettext("%(watch)s is to be watched.", "%(watch)s are to be watched.", watches)
    return f"{alarm % (names | {'count': alarms})} {watch % names}"


def why_failed(job: Job) -> str:
    """A refusal in its own words; an unexpected error by its kind, for the operator who looks into the log."""
    if job.error_code in ("unexpected", ""):
        return _("An unexpected error (%(kind)s) stopped it; the log has the details.") % {"kind": job.error or "?"}
    return job.error
