"""The ledger as files: what somebody else needs to prove it without the portal."""

import json
import shutil
import tempfile
import zipapp
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.apps import apps

from common.ledger import checkpoints
from common.ledger.verification import blocks
from common.models import LedgerLeaf, LedgerShape
from common.proof.__main__ import CHECKPOINTS, LEDGER
from common.proof.chain import Leaf
from common.record_digests import plain_values
from ml.keys import public_pem

VERIFIER = "verify_ledger.pyz"
COMMON = Path(__file__).resolve().parents[1]
PARTS = ["__init__.py", "canonical.py", "proof"]


def export(folder: Path) -> int:
    """Write the ledger, its records, its checkpoints, the public key and the verifier; the number of records.

    Raises FileExistsError rather than mix two exports.
    """
    folder.mkdir(parents=True)
    (folder / checkpoints.PUBLIC_NAME).write_bytes(public_pem(checkpoints.public_key()))
    _write_verifier(folder / VERIFIER)
    return _write_ledger(folder)


def _write_ledger(folder: Path) -> int:
    records, ledger_id = 0, ""
    with (folder / LEDGER).open("w", encoding="utf-8") as file:
        for block, leaves in blocks():
            ledger_id, records = block.ledger_id, records + len(leaves)
            _line(file, {"kind": "block", "block": asdict(block)})
            values = _values(leaves)
            for leaf in leaves:
                known = values.get((leaf.record_type, leaf.record_id))
                _line(file, {"kind": "record", "leaf": asdict(leaf), "values": known})
    (folder / CHECKPOINTS).mkdir()
    for name, content in checkpoints.content(ledger_id) if ledger_id else ():
        (folder / CHECKPOINTS / name).write_bytes(content)
    return records


def _values(leaves: list[Leaf]) -> dict[tuple[str, str], dict[str, Any]]:
    """The columns of each record of a block, as they were when it was sealed."""
    shapes = dict(LedgerShape.objects.values_list("id", "columns"))
    found = {}
    for record_type in {leaf.record_type for leaf in leaves}:
        model = apps.get_model(record_type)
        ids = [leaf.record_id for leaf in leaves if leaf.record_type == record_type]
        held = LedgerLeaf.objects.filter(record_type=record_type, record_id__in=ids).values_list(
            "record_id", "shape_id"
        )
        rows = model._default_manager.in_bulk(ids)
        for key, shape in held:
            if key in rows:
                values = [getattr(rows[key], name) for name in shapes[shape]]
                found[record_type, str(key)] = plain_values(model, shapes[shape], values)
    return found


def _line(file: IO[str], document: dict[str, Any]) -> None:
    file.write(json.dumps(document, ensure_ascii=False) + "\n")


def _write_verifier(path: Path) -> None:
    """The proving code alone, runnable by any Python that has `cryptography`."""
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch, "common")
        package.mkdir()
        for part in PARTS:
            source = COMMON / part
            if source.is_dir():
                shutil.copytree(source, package / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, package)
        zipapp.create_archive(scratch, path, main="common.proof.__main__:command", interpreter="/usr/bin/env python3")
