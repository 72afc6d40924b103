"""Compare a table from outside, or the portal's own scores, with the applicants the champion was trained on."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from common import jobs
from common.actors import SYSTEM
from common.errors import InvalidInput, PortalError
from common.models import Job, JobState
from monitoring import tasks  # noqa: F401  registers what executes the jobs
from monitoring.enums import Level
from monitoring.models import MonitoringRun
from monitoring.selectors import RunView, champions, run_view
from monitoring.services import (
    MEASURE_JOB,
    REPORT_JOB,
    monitoring_run_create,
    monitoring_run_create_from_table,
)
from monitoring.wording import Words, drift_answer

PROBLEMS_SHOWN = 10


class Command(BaseCommand):
    help = "Measure drift (PSI, CSI) and draw the full report; in a worker, or with --here in this process."

    def add_arguments(self, parser: Any) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--current", type=Path, help="CSV or Parquet file with the product's application columns")
        what.add_argument("--days", type=int, help="the portal's own scores of the last so many days")
        parser.add_argument("--product", help="needed where more than one has a model in service")
        parser.add_argument("--here", action="store_true", help="compute in this process, without a worker")

    def handle(self, *args: Any, product: str | None, current: Path | None, **options: Any) -> None:
        started = time.monotonic()
        try:
            run = self._ask(product or _only_product(), current, options["days"])
        except InvalidInput as error:
            raise CommandError(_words(error)) from error
        except PortalError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"asked: run {run.id} ({time.monotonic() - started:.1f} s)")
        if options["here"]:
            self._compute(run)
        else:
            self.stdout.write("the workers compute it; --here computes in this process")
        self.stdout.write(f"see {reverse('monitoring:run-detail', args=[run.id])}")

    def _ask(self, product: str, current: Path | None, days: int) -> MonitoringRun:
        if current is None:
            return monitoring_run_create(product=product, days=days, actor=SYSTEM)
        self.stdout.write(f"reading and checking {current.name}")
        return monitoring_run_create_from_table(product=product, path=current, actor=SYSTEM)

    def _compute(self, run: MonitoringRun) -> None:
        self._job(run, MEASURE_JOB, "figures")
        self._tell(run_view(run.id))
        self._job(run, REPORT_JOB, "report")

    def _job(self, run: MonitoringRun, kind: str, name: str) -> None:
        job = Job.objects.filter(kind=kind, key=str(run.id)).first()
        if job is None:
            self.stdout.write(f"{name}: not made, too few applicants")
            return
        self.stdout.write(f"computing the {name}")
        started = time.monotonic()
        state = jobs.run(job.id)
        job.refresh_from_db()
        if state is None and job.state != JobState.DONE:
            self.stdout.write(f"{name}: a worker has it")
        elif job.state != JobState.DONE:
            why = job.error.rstrip(".")
            raise CommandError(f"The {name} failed: {why}. Ask again on the run's page or with this command.")
        self.stdout.write(f"{name}: done in {time.monotonic() - started:.1f} s")

    def _tell(self, view: RunView) -> None:
        self.stdout.write(drift_answer(view))
        words = Words(view.run.model_version.product)
        moved = [value for value in view.features if value.level in (Level.ALARM, Level.WATCH)]
        for value in sorted(moved, key=lambda value: -value.value):
            missing = f"missing {value.missing_reference:.1%} -> {value.missing_current:.1%}"
            self.stdout.write(f"  {value.value:6.3f} {value.level:6} {words.label(value.feature)}, {missing}")


def _only_product() -> str:
    products = [version.product for version in champions()]
    if len(products) > 1:
        raise CommandError(f"Say which product: --product {' or '.join(products)}.")
    if not products:
        raise CommandError("No model is in service: train one and register its bundle first.")
    return products[0]


def _words(error: InvalidInput) -> str:
    shown = [f"  {problem.pointer}: {problem.message}" for problem in error.problems[:PROBLEMS_SHOWN]]
    rest = len(error.problems) - len(shown)
    return "\n".join([str(error.message), *shown, *([f"  and {rest} more"] if rest > 0 else [])])
