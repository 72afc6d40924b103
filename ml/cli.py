"""Train, verify and generate from the command line: ``python -m ml.cli train --data FOLDER``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ml.bundle import load_model
from ml.card import comparison
from ml.child_tables import find_children
from ml.contract import Contract, available_products, load_contract
from ml.errors import ContractError, MlError
from ml.features import load_specification
from ml.keys import PRIVATE_NAME, generate_key_pair, load_private_key, load_public_key
from ml.packaging import save_bundle
from ml.product_folders import product_folder
from ml.progress import Progress, progress_lines
from ml.raw_tables import find_table
from ml.synthetic import write
from ml.tracking import log_configuration, log_outcome, tracked_run
from ml.train import train
from ml.training_config import load_config
from ml.validation import read_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or 1 after a message on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except MlError as error:
        print(f"error ({error.code}): {error.message}", file=sys.stderr)
        for problem in getattr(error, "problems", [])[:10]:
            print(f"  {problem.pointer}: {problem.message}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def _train(options: argparse.Namespace) -> int:
    report = progress_lines()
    contract = load_contract(options.product)
    specification = load_specification(options.product)
    config = load_config(options.product, options.config, quick=options.quick)
    key = load_private_key(_private_key(options.keys))
    data = options.data or _own_data(options.product)
    path = _training_table(contract, data)
    tags = {"product": contract.product, "data": path.name}
    tracking = options.tracking or options.keys.parent / "mlflow"
    with tracked_run(tracking, experiment=contract.product, run_name=path.stem, report=report, tags=tags) as run:
        log_configuration(run, config)
        report(f"reading {path.name}")
        frame = read_table(contract, path, contract.root_table)
        children = find_children(contract, data) if data.is_dir() else {}
        _report_tables(contract, children, report)
        outcome = train(frame, contract, specification, config, children=children, progress=report)
        for child in outcome.data.children:
            report(f"{child.path.name}: {child.rows} rows, {child.orphans} of them without a parent and not counted")
        report("drawing the model card, writing the bundle")
        folder = save_bundle(outcome, contract, options.out, key)
        log_outcome(run, outcome, folder)
    print(comparison([asdict(evaluation) for evaluation in outcome.evaluations]))
    print(f"cutoff: {outcome.cutoff:.4f}")
    print(f"version: {folder.name}")
    print(f"bundle: {folder}")
    return 0


def _report_tables(contract: Contract, children: Mapping[str, Path], report: Progress) -> None:
    lacking = [table.name for table in contract.child_tables if table.name not in children]
    if lacking:
        report(f"not there, so nobody has such a history: {', '.join(lacking)}")


def _verify(options: argparse.Namespace) -> int:
    model = load_model(options.bundle, load_public_key(options.key))
    print(f"{model.version}: signature and every file are right, checksum {model.checksum}")
    return 0


def _generate(options: argparse.Namespace) -> int:
    report = progress_lines()
    folder = write(
        options.rows, options.seed, options.out, progress=lambda done, total: report(f"{done} of {total} applicants")
    )
    print(f"data: {folder}")
    return 0


def _private_key(folder: Path) -> Path:
    path = folder / PRIVATE_NAME
    if not path.exists():
        generate_key_pair(folder)
    return path


def _own_data(product: str) -> Path:
    folder = product_folder(product) / "data"
    if not folder.is_dir():
        raise ContractError(f"No data come with {product}: say which with --data.", code="table_missing")
    return folder


def _training_table(contract: Contract, data: Path) -> Path:
    if data.is_file():
        return data
    names = (f"{contract.root_table}_train", contract.root_table)
    path = next((path for name in names if (path := find_table(data, name))), None)
    if path is None:
        expected = f"{names[0]}.parquet, .csv or .csv.gz"
        raise ContractError(f"No training table in {data}: expected {expected}.", code="table_missing")
    return path


def _parser() -> argparse.ArgumentParser:
    home = Path(os.environ.get("DATA_DIR", ".data"))
    parser = argparse.ArgumentParser(prog="python -m ml.cli", description=__doc__)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train a model and write its signed bundle")
    training.add_argument(
        "--data", type=Path, help="folder with the raw tables, or one table; default: the product's own"
    )
    training.add_argument("--product", default="home_credit", choices=available_products())
    training.add_argument("--out", type=Path, default=Path(os.environ.get("BUNDLE_DIR", home / "bundles")))
    training.add_argument("--keys", type=Path, default=home / "keys", help="folder of the signing key")
    training.add_argument("--tracking", type=Path, help="folder of the MLflow store; default: beside the keys")
    training.add_argument("--config", type=Path, help="another training configuration")
    training.add_argument("--quick", action="store_true", help="few rounds and folds, for a demonstration")
    training.set_defaults(run=_train)
    verify = commands.add_parser("verify", help="prove a bundle")
    verify.add_argument("bundle", type=Path)
    verify.add_argument("--key", default=str(home / "keys" / "bundle_public.pem"), help="public key")
    verify.set_defaults(run=_verify)
    generate = commands.add_parser("generate", help="write fictional raw tables")
    generate.add_argument("--rows", type=int, required=True)
    generate.add_argument("--seed", type=int, default=0)
    generate.add_argument("--out", type=Path, required=True)
    generate.set_defaults(run=_generate)
    return parser


if __name__ == "__main__":
    sys.exit(main())
