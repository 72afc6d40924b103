"""Asking for a monitoring run and computing it; each act in one transaction with its ledger event."""

import gzip
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import jobs, ledger
from common.actors import SYSTEM, Actor
from common.errors import Conflict, InvalidInput
from common.models import Job, JobState
from monitoring.current import current_matrix, matrix_of_file, packed, scores_between
from monitoring.enums import Source
from monitoring.measures import measures
from monitoring.models import CurrentTable, DriftReport, MetricValue, MonitoringRun
from monitoring.policy import enough_to_judge
from monitoring.samples import samples
from scoring import registry
from scoring.models import ModelVersion

MEASURE_JOB = "monitoring_measure"
REPORT_JOB = "monitoring_report"
LONGEST_DAYS = 3650

Tell = Callable[[int], None]


def monitoring_run_create(*, product: str, days: int, actor: Actor) -> MonitoringRun:
    """Compare the scores of the last ``days`` with the champion's reference; a run still under way is given back."""
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(_("The window is between 1 and %(most)s days.") % {"most": LONGEST_DAYS})
    with transaction.atomic():
        version = _lock(registry.champion_of(product))
        known = _under_way(version, days)
        if known is not None:
            return known
        end = timezone.now()
        start = end - timedelta(days=days)
        count = scores_between(version, start, end).count()
        if not count:
            raise InvalidInput(
                _("The model in service scored nothing in the last %(days)s days: there is nothing to compare.")
                % {"days": days},
                code="window_empty",
            )
        run = MonitoringRun(model_version=version, source=Source.PORTAL, period_from=start, period_to=end)
        return _announce(run, count, actor, {"days": days})


def monitoring_run_create_from_table(*, product: str, path: Path, actor: Actor) -> MonitoringRun:
    """Compare a table of applications from outside with the champion's reference; only features are kept of it."""
    version = registry.champion_of(product)
    model = registry.load(version)
    matrix = matrix_of_file(model, path)
    content = packed(model, matrix)
    with transaction.atomic():
        table, _created = CurrentTable.objects.get_or_create(
            model_version=version,
            source_sha256=_sha256_of_file(path),
            defaults={
                "name": path.name,
                "row_count": len(matrix),
                "matrix_parquet": content,
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        )
        run = MonitoringRun(model_version=version, source=Source.TABLE, table=table)
        return _announce(run, table.row_count, actor, {"table_sha256": table.source_sha256})


@transaction.atomic
def monitoring_run_retry(*, run: MonitoringRun, actor: Actor) -> None:
    failed = Job.objects.filter(kind__in=[MEASURE_JOB, REPORT_JOB], key=str(run.id), state=JobState.FAILED)
    kinds = list(failed.values_list("kind", flat=True))
    if not kinds:
        raise Conflict(_("Nothing of this run failed: there is nothing to compute again."))
    for kind in kinds:
        _enqueue(run, kind)
    ledger.record(action="monitoring.asked_again", subject=run, actor=actor, facts={"jobs": sorted(kinds)})


def metric_values_create(*, run_id: uuid.UUID, tell: Tell) -> None:
    """Compute the figures of a run, once."""
    run = _run(run_id)
    if run.values.exists():
        return
    model = registry.load(run.model_version)
    matrix = current_matrix(run, model, lambda share: tell(int(60 * share)))
    tell(60)
    found = measures(model, matrix)
    with transaction.atomic():
        _lock(run.model_version)
        if run.values.exists():
            return
        MetricValue.objects.bulk_create([MetricValue(run=run, **asdict(measure)) for measure in found])
        levels = [str(measure.level) for measure in found]
        facts = {"rows": len(matrix), "levels": {level: levels.count(level) for level in sorted(set(levels))}}
        ledger.record(action="monitoring.measured", subject=run, actor=SYSTEM, facts=facts)


def drift_report_create(*, run_id: uuid.UUID, tell: Tell) -> None:
    """Draw the full report of a run, once."""
    run = _run(run_id)
    if DriftReport.objects.filter(run=run).exists():
        return
    model = registry.load(run.model_version)
    found = samples(model, current_matrix(run, model, lambda share: tell(int(10 * share))))
    tell(10)
    # imported here, because it takes seconds and no other process needs it
    from monitoring.evidently_report import LIBRARY, drift_report_html

    tell(20)
    html = drift_report_html(found).encode()
    tell(90)
    with transaction.atomic():
        _lock(run.model_version)
        report, created = DriftReport.objects.get_or_create(
            run=run,
            defaults={
                "html_gzip": gzip.compress(html, mtime=0),
                "sha256": hashlib.sha256(html).hexdigest(),
                "size": len(html),
                "reference_count": len(found.reference),
                "current_count": len(found.current),
                "left_out": list(found.left_out),
                "library": LIBRARY,
            },
        )
        if created:
            ledger.record(action="monitoring.reported", subject=run, actor=SYSTEM, facts={"sha256": report.sha256})


def _announce(run: MonitoringRun, count: int, actor: Actor, facts: dict[str, Any]) -> MonitoringRun:
    run.actor_kind, run.actor_id = actor.kind, actor.id
    run.save()
    facts |= {"model": run.model_version.version, "rows": count}
    ledger.record(action="monitoring.asked", subject=run, actor=actor, facts=facts)
    _enqueue(run, MEASURE_JOB)
    if enough_to_judge(count):
        _enqueue(run, REPORT_JOB)
    return run


def _enqueue(run: MonitoringRun, kind: str) -> None:
    jobs.enqueue(kind=kind, key=str(run.id), payload={"run": str(run.id)})


def _under_way(version: ModelVersion, days: int) -> MonitoringRun | None:
    """Pressing the button twice asks once."""
    keys = Job.objects.filter(kind=MEASURE_JOB, state__in=[JobState.QUEUED, JobState.RUNNING]).values_list("key")
    ids = [uuid.UUID(key) for (key,) in keys]
    runs = MonitoringRun.objects.filter(pk__in=ids, model_version=version, source=Source.PORTAL)
    length = timedelta(days=days)
    return next((run for run in runs if run.period_to - run.period_from == length), None)


def _run(run_id: uuid.UUID) -> MonitoringRun:
    run: MonitoringRun = MonitoringRun.objects.select_related("model_version", "table").get(id=run_id)
    return run


def _lock(version: ModelVersion) -> ModelVersion:
    """One writer per model. Records themselves cannot be locked: the portal's role may only add and read them."""
    return ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
