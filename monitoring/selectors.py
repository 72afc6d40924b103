"""What the monitoring pages show, read in as few queries as they need."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.selectors import Page, keyset
from common.errors import NotFound, PortalError
from common.models import Job, JobState
from monitoring.enums import Kind, Level
from monitoring.models import DriftReport, MetricValue, MonitoringRun
from monitoring.policy import enough_to_judge, worst
from monitoring.services import MEASURE_JOB, REPORT_JOB
from scoring.enums import ModelState, Recommendation
from scoring.models import ModelVersion, Score

WINDOW_DAYS = 30
RUNS_SHOWN = 15
SORTS = ("csi", "feature", "missing")


class ReportAltered(PortalError):
    status = 500
    code = "report_altered"


@dataclass(frozen=True)
class RunView:
    """A run with its figures, as far as they are computed."""

    run: MonitoringRun
    values: list[MetricValue]
    measure_job: Job | None
    report_job: Job | None
    report: DriftReport | None
    asked_by: str

    @cached_property
    def psi(self) -> MetricValue | None:
        return next((value for value in self.values if value.kind == Kind.PSI), None)

    @cached_property
    def under_cutoff(self) -> MetricValue | None:
        return next((value for value in self.values if value.kind == Kind.UNDER_CUTOFF), None)

    @cached_property
    def features(self) -> list[MetricValue]:
        return [value for value in self.values if value.kind == Kind.CSI]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many features are at each level."""
        return dict(Counter(value.level for value in self.features))

    @cached_property
    def level(self) -> Level:
        return worst(value.level for value in self.values if value.kind != Kind.UNDER_CUTOFF)

    @property
    def is_measured(self) -> bool:
        return bool(self.values)

    @property
    def is_judged(self) -> bool:
        return self.psi is not None and enough_to_judge(self.psi.current_count)

    @property
    def failed_job(self) -> Job | None:
        jobs = (self.measure_job, self.report_job)
        return next((job for job in jobs if job and job.state == JobState.FAILED), None)

    @property
    def row_count(self) -> int | None:
        return self.psi.current_count if self.psi else None


@dataclass(frozen=True)
class Served:
    """The champion and what it did in the window."""

    version: ModelVersion
    days: int
    scored: int
    scored_ever: int
    advice: dict[str, int]

    @property
    def approve_share(self) -> float | None:
        return self.advice.get(Recommendation.APPROVE, 0) / self.scored if self.scored else None


def champion(product: str) -> ModelVersion | None:
    return ModelVersion.objects.filter(product=product, state=ModelState.CHAMPION).first()


def champions() -> list[ModelVersion]:
    """One per product; the product that is served longest first."""
    return list(ModelVersion.objects.filter(state=ModelState.CHAMPION).defer("manifest").order_by("promoted_at"))


def served(version: ModelVersion, *, days: int = WINDOW_DAYS, now: datetime | None = None) -> Served:
    scores = Score.objects.filter(model_version=version)
    recent = scores.filter(created_at__gte=(now or timezone.now()) - timedelta(days=days))
    rows = recent.values("recommendation").annotate(count=Count("id")).order_by()
    advice = {row["recommendation"]: row["count"] for row in rows}
    return Served(version, days, sum(advice.values()), scores.count(), advice)


def runs() -> QuerySet[MonitoringRun]:
    return MonitoringRun.objects.select_related("model_version", "table").defer(
        "model_version__manifest", "table__matrix_parquet"
    )


def run_page(*, product: str, after: str | None) -> Page:
    """The runs of one product's models, whatever became of them."""
    page = keyset(runs().filter(model_version__product=product), after=after, size=RUNS_SHOWN)
    return Page(rows=run_views(page.rows), next_after=page.next_after)


def run_views(found: list[MonitoringRun]) -> list[RunView]:
    """Each with its figures and jobs, in four queries whatever their number."""
    ids = [run.id for run in found]
    values: dict[uuid.UUID, list[MetricValue]] = {run_id: [] for run_id in ids}
    for value in MetricValue.objects.filter(run__in=ids).defer("bins").order_by("id"):
        values[value.run_id].append(value)
    kinds, keys = [MEASURE_JOB, REPORT_JOB], [str(run_id) for run_id in ids]
    jobs = {(job.kind, job.key): job for job in Job.objects.filter(kind__in=kinds, key__in=keys)}
    reports = {report.run_id: report for report in DriftReport.objects.filter(run__in=ids).defer("html_gzip")}
    names = _names(found)
    return [
        RunView(
            run=run,
            values=values[run.id],
            measure_job=jobs.get((MEASURE_JOB, str(run.id))),
            report_job=jobs.get((REPORT_JOB, str(run.id))),
            report=reports.get(run.id),
            asked_by=names.get(run.actor_id, ""),
        )
        for run in found
    ]


def latest_measured(version: ModelVersion) -> RunView | None:
    """The newest run of this model that has figures."""
    run = runs().filter(model_version=version, values__kind=Kind.PSI).order_by("-id").first()
    return run_views([run])[0] if run else None


def run_get(run_id: uuid.UUID) -> MonitoringRun:
    run: MonitoringRun | None = runs().filter(id=run_id).first()
    if run is None:
        raise NotFound(_("No such monitoring run."))
    return run


def model_page(*, after: str | None) -> Page:
    """The registry, newest first; of each manifest, which is long, only the figures that the list shows."""
    figures = {"auc": "auc__value", "cost_per_client": "cost_per_client", "approval_rate": "approval_rate"}
    read = {name: F(f"manifest__metrics__0__{path}") for name, path in figures.items()}
    rows = ModelVersion.objects.annotate(**read, trained_on=F("manifest__training__rows")).defer("manifest")
    return keyset(rows, after=after, size=RUNS_SHOWN)


def model_get(version: str) -> ModelVersion:
    row = ModelVersion.objects.filter(version=version).first()
    if row is None:
        raise NotFound(_("No such model version."))
    return row


def run_view(run_id: uuid.UUID) -> RunView:
    return run_views([run_get(run_id)])[0]


def score_value(run: MonitoringRun) -> MetricValue | None:
    value: MetricValue | None = run.values.filter(kind=Kind.PSI).first()
    return value


def feature_values(run: MonitoringRun) -> list[MetricValue]:
    """With their bins; as many as the model has features."""
    return list(run.values.filter(kind=Kind.CSI))


def feature_value(run: MonitoringRun, feature: str) -> MetricValue:
    value: MetricValue | None = run.values.filter(kind=Kind.CSI, feature=feature).first()
    if value is None:
        raise NotFound(_("This run has no such feature."))
    return value


def report_of(run: MonitoringRun) -> DriftReport:
    report: DriftReport | None = DriftReport.objects.filter(run=run).first()
    if report is None:
        raise NotFound(_("This run has no report yet."))
    return report


def sort_key(sort: str, labels: dict[str, str]) -> Any:
    """What to sort features by; the most moved first is the natural order."""
    if sort == "feature":
        return lambda value: labels[value.feature].casefold()
    if sort == "missing":
        return lambda value: -abs((value.missing_current or 0) - (value.missing_reference or 0))
    return lambda value: -value.value


def _names(found: list[MonitoringRun]) -> dict[uuid.UUID | None, str]:
    people = User.objects.filter(id__in={run.actor_id for run in found if run.actor_id})
    return {person.id: str(person) for person in people}
