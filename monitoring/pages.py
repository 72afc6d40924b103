"""What each monitoring page says, ready for its template."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formatting
from common.models import Job, JobState
from monitoring import charts, selectors, wording
from monitoring.enums import Level
from monitoring.models import MetricValue, MonitoringRun
from monitoring.policy import FEWEST_ROWS, enough_to_judge
from monitoring.selectors import RunView, Served
from monitoring.wording import Bin, Words, window
from scoring.enums import Recommendation
from scoring.models import ModelVersion

PARTS = ("figures", "report")

__all__ = ["PARTS", "feature_page", "model_figures", "questions", "run_page", "window"]


@dataclass(frozen=True)
class Question:
    """One line of the overview; ``level`` colours the word, which says it too."""

    question: str
    word: str
    level: str
    answer: str


@dataclass(frozen=True)
class FeatureLine:
    value: MetricValue
    label: str
    bins: list[Bin]

    @property
    def spark(self) -> list[charts.SparkBar]:
        return charts.spark(self.bins)

    @property
    def figure(self) -> dict[str, Any]:
        return charts.bins_figure(self.bins, self.label)

    @property
    def is_judged(self) -> bool:
        return enough_to_judge(self.value.current_count)

    @property
    def meaning(self) -> str:
        return wording.level_meaning(self.value)

    @property
    def summary(self) -> str:
        """The finding in a sentence: the class that changed most."""
        most = max(self.bins, key=lambda bin: abs(bin.change))
        return _("Most changed: “%(label)s”, from %(before)s of the reference to %(now)s now.") % {
            "label": most.label,
            "before": formatting.percent(most.reference),
            "now": formatting.percent(most.current),
        }


@dataclass(frozen=True)
class RunPage:
    view: RunView
    sort: str
    window: str

    def state_of(self, part: str) -> str:
        job = self.view.measure_job if part == "figures" else self.view.report_job
        return f"{job.state}-{job.progress}" if job else "none"

    @property
    def figures_state(self) -> str:
        return self.state_of("figures")

    @property
    def report_state(self) -> str:
        return self.state_of("report")

    @property
    def figures_wait(self) -> bool:
        return not self.view.is_measured and _is_open(self.view.measure_job)

    @property
    def report_waits(self) -> bool:
        return self.view.report is None and _is_open(self.view.report_job)

    @property
    def answer(self) -> str:
        return wording.drift_answer(self.view)

    @property
    def word(self) -> str:
        return wording.drift_word(self.view)

    @cached_property
    def score(self) -> FeatureLine | None:
        value = selectors.score_value(self.view.run)
        if value is None:
            return None
        return FeatureLine(value, _("Probability of default"), self._words.bins(value))

    @cached_property
    def lines(self) -> list[FeatureLine]:
        values = selectors.feature_values(self.view.run)
        labels = {value.feature: self._words.label(value.feature) for value in values}
        values.sort(key=selectors.sort_key(self.sort, labels))
        return [FeatureLine(value, labels[value.feature], self._words.bins(value)) for value in values]

    @cached_property
    def _words(self) -> Words:
        return Words(self.view.run.model_version.product)


def run_page(view: RunView, sort: str) -> RunPage:
    return RunPage(view, sort, window(view.run))


def feature_page(run: MonitoringRun, value: MetricValue) -> FeatureLine:
    words = Words(run.model_version.product)
    return FeatureLine(value, words.label(value.feature), words.bins(value))


def questions(version: ModelVersion | None, latest: RunView | None) -> list[Question]:
    if version is None:
        return []
    served = selectors.served(version)
    return [_drifting(latest), _serving(served), _scored(served), _as_expected(served, latest)]


def model_figures(version: ModelVersion) -> list[tuple[str, str]]:
    """The out-of-fold figures of a model, from its signed manifest."""
    manifest = version.manifest
    found, training = manifest["metrics"][0], manifest["training"]
    auc = found["auc"]
    within = _("%(low)s to %(high)s") % {
        "low": formatting.number(auc["lower"], 3),
        "high": formatting.number(auc["upper"], 3),
    }
    return [
        ("AUC", f"{formatting.number(auc['value'], 3)} ({within})"),
        ("Gini", formatting.number(found["gini"], 3)),
        ("KS", formatting.number(found["ks"], 3)),
        (_("Calibration slope"), _number(found["calibration_slope"])),
        (_("Cost per client"), formatting.number(found["cost_per_client"], 3)),
        (_("Approved at the cutoff"), formatting.percent(found["approval_rate"])),
        (_("Cutoff"), formatting.percent(manifest["cutoff"]["value"])),
        (_("Trained on"), formatting.number(training["rows"])),
        (_("Default rate in training"), formatting.percent(training["default_rate"], 2)),
        (_("Features"), formatting.number(len(manifest["features"]))),
    ]


def _number(value: float | None) -> str:
    return formatting.missing() if value is None else formatting.number(value, 3)


def _drifting(latest: RunView | None) -> Question:
    question = _("Are the applicants drifting away from those the model knows?")
    if latest is None:
        return Question(question, _("Not known"), Level.UNJUDGED, _("Nothing was compared with this model yet."))
    when = _("Compared on %(day)s, %(window)s.") % {
        "day": formatting.moment(latest.run.created_at),
        "window": window(latest.run),
    }
    return Question(question, wording.drift_word(latest), latest.level, f"{wording.drift_answer(latest)} {when}")


def _serving(served: Served) -> Question:
    since = served.version.promoted_at
    words = _("in service since %(day)s") % {"day": formatting.day(timezone.localtime(since))} if since else ""
    return Question(_("Which model serves?"), served.version.version, "", words)


def _scored(served: Served) -> Question:
    names = {"count": formatting.number(served.scored), "days": served.days}
    ever = _("%(count)s since it serves.") % {"count": formatting.number(served.scored_ever)}
    answer = _("in the last %(days)s days;") % names
    return Question(_("How much did it score?"), formatting.number(served.scored), "", f"{answer} {ever}")


def _as_expected(served: Served, latest: RunView | None) -> Question:
    question = _("Does it advise as expected?")
    if not enough_to_judge(served.scored):
        few = ngettext("%(count)s score in %(days)s days", "%(count)s scores in %(days)s days", served.scored)
        few %= {"count": served.scored, "days": served.days}
        needed = _("at least %(fewest)s are needed to judge.") % {"fewest": FEWEST_ROWS}
        return Question(question, _("Not known"), Level.UNJUDGED, f"{few}; {needed}")
    approve = formatting.percent(served.approve_share or 0, 0)
    advice = _("to approve, %(refer)s to refer and %(decline)s to decline, of %(count)s in %(days)s days.") % {
        "refer": _share(served, Recommendation.REFER),
        "decline": _share(served, Recommendation.DECLINE),
        "count": formatting.number(served.scored),
        "days": served.days,
    }
    return Question(question, approve, "", f"{advice} {_expectation(latest)}".strip())


def _expectation(latest: RunView | None) -> str:
    value = latest.under_cutoff if latest else None
    if value is None:
        return ""
    return _("Under the cutoff: %(now)s in the last comparison, %(expected)s among the model's reference.") % {
        "now": formatting.percent(value.value, 0),
        "expected": formatting.percent(value.facts["expected"], 0),
    }


def _share(served: Served, recommendation: str) -> str:
    return formatting.percent(served.advice.get(recommendation, 0) / served.scored, 0)


def _is_open(job: Job | None) -> bool:
    return job is not None and job.state in (JobState.QUEUED, JobState.RUNNING)
