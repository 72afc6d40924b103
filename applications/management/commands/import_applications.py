"""Bring in a lender's raw tables as applications, and wait until they are scored and explained."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Branch
from applications.enums import Status
from applications.imports import application_import
from applications.models import Application
from applications.products import offered
from applications.services import contract_of
from common import jobs
from common.errors import InvalidInput
from common.models import Job, JobState
from ml.contract import Contract
from ml.errors import ContractError
from ml.raw_tables import RawApplicant, read_applicants

REPORT_EVERY = 50


class Command(BaseCommand):
    help = "Import a product's raw tables (CSV or Parquet): one application per applicant, with all child rows."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--product", default=None, help="needed where more than one is offered")
        parser.add_argument("--limit", type=int, default=None, help="at most so many applicants")
        parser.add_argument("--branch", default=None, help="code of the branch; default: the first")
        parser.add_argument("--here", action="store_true", help="score and explain in this process, without a worker")
        parser.add_argument("--wait", type=int, default=600, help="seconds to wait for the workers")

    def handle(self, *args: Any, folder: Path, limit: int | None, **options: Any) -> None:
        branch, contract = self._branch(options["branch"]), self._contract(options["product"])
        started, known, refused, taken = time.monotonic(), 0, 0, []
        try:
            for raw in read_applicants(contract, folder, limit=limit):
                outcome = self._import(contract, raw, branch)
                known += outcome == "known"
                refused += outcome == "refused"
                if isinstance(outcome, Application):
                    taken.append(outcome)
                    self._report(len(taken), started)
        except ContractError as error:
            raise CommandError(self._words(error)) from error
        self.stdout.write(f"imported {len(taken)}, already there {known}, refused {refused}; branch: {branch}")
        self._finish(taken, options)
        if refused:
            raise CommandError(f"{refused} applicants were refused: see above.")

    def _import(self, contract: Contract, raw: RawApplicant, branch: Branch) -> Application | str:
        try:
            return application_import(contract=contract, raw=raw, branch=branch) or "known"
        except InvalidInput as error:
            where = "; ".join(f"{p.pointer}: {p.message}" for p in error.problems[:3]) or str(error.message)
            self.stderr.write(f"refused {contract.product}-{raw.key}: {where}")
            return "refused"

    def _finish(self, taken: list[Application], options: dict[str, Any]) -> None:
        if options["here"]:
            jobs.run_all_here(report=lambda count: self.stdout.write(f"  {count} jobs done"))
        deadline = time.monotonic() + options["wait"]
        while (waiting := _unfinished(taken)) and _jobs_are_open():
            if time.monotonic() > deadline:
                raise CommandError(f"{waiting} applications still wait: is a worker running? They are kept.")
            self.stdout.write(f"  {waiting} applications wait for their score and reasons")
            time.sleep(2)
        if waiting:
            raise CommandError(f"{waiting} of {len(taken)} could not be scored or explained: their pages say why.")
        self.stdout.write("all scored and explained")

    def _report(self, count: int, started: float) -> None:
        if count % REPORT_EVERY == 0:
            self.stdout.write(f"  {count} imported, {time.monotonic() - started:.0f} s")

    def _branch(self, code: str | None) -> Branch:
        branches = Branch.objects.filter(code=code) if code else Branch.objects.order_by("code")
        branch = branches.first()
        if branch is None:
            raise CommandError(f"No branch {code or 'exists'}: create one first.")
        return branch

    def _contract(self, product: str | None) -> Contract:
        products = [contract.product for contract in offered()]
        if product is None and len(products) > 1:
            raise CommandError(f"Say which product: --product {' or '.join(products)}.")
        try:
            return contract_of(product or products[0])
        except InvalidInput as error:
            known = "; ".join(problem.allowed or "" for problem in error.problems)
            raise CommandError(f"{error.message} Known: {known}.") from error

    def _words(self, error: ContractError) -> str:
        return "\n".join([error.message, *(f"  {p.pointer}: {p.message}" for p in error.problems[:10])])


def _unfinished(taken: list[Application]) -> int:
    waiting = [Status.SUBMITTED, Status.SCORED]
    return Application.objects.filter(id__in=[row.id for row in taken], status__in=waiting).count()


def _jobs_are_open() -> bool:
    return Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists()
