"""Further products of the demo: those whose folder brings data that may be shipped."""

from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from accounts.models import Branch
from applications.imports import application_import
from common import jobs
from creditportal.demo.model import Progress, model_fit, model_ready
from ml.contract import Contract, available_products, load_contract
from ml.product_folders import product_folder
from ml.raw_tables import find_table, read_applicants
from ml.validation import read_table

ROWS = 10_000
CASES = 12


def shipped_create(progress: Progress) -> None:
    """A model and a few cases for each product that brings data, unless it has a model already."""
    for contract, folder in shipped_products():
        if not model_ready(contract.product):
            _create(contract, folder, progress)


def shipped_products() -> Iterator[tuple[Contract, Path]]:
    for product in available_products():
        contract, folder = load_contract(product), product_folder(product) / "data"
        if find_table(folder, f"{contract.root_table}_train"):
            yield contract, folder


def _create(contract: Contract, folder: Path, progress: Progress) -> None:
    path = find_table(folder, f"{contract.root_table}_train")
    assert path is not None  # noqa: S101  looked for before
    progress(f"reading the data of {contract.product}")
    frame = read_table(contract, path, contract.root_table)
    # the cases are the clients that the model did not see
    model_fit(contract.product, frame.iloc[CASES : ROWS + CASES], progress)
    progress(f"importing {CASES} cases of {contract.product}")
    branch = Branch.objects.get(code="paris")
    with transaction.atomic():
        for raw in read_applicants(contract, folder, limit=CASES):
            application_import(contract=contract, raw=raw, branch=branch)
    jobs.run_all_here(report=lambda count: progress(f"{count} jobs done"))
