"""Reads ``histories/<table>.toml`` of a product and holds it against the contract."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml.contract_types import Contract
from ml.errors import ContractError
from ml.features.history_file import FileParser
from ml.features.history_sources import Described, ParsedHistories, broken


def read_histories(contract: Contract, folder: Path) -> ParsedHistories:
    """Read every ``<table>.toml`` of ``folder``; there may be none.

    Raises ContractError ``features_unreadable``, naming the file and the entry.
    """
    files = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    return parse_histories(contract, files)


def parse_histories(contract: Contract, files: Mapping[str, Mapping[str, Any]]) -> ParsedHistories:
    """The same from parsed files by table name; raises ContractError ``features_unreadable``."""
    for name, raw in files.items():
        if raw.get("table") != name or name not in {table.name for table in contract.child_tables}:
            raise broken(name, "table", f"{raw.get('table')!r} is not the child table the file is named after")
    parsers: list[FileParser] = []
    described: list[Described] = []
    for name in _children_first(contract, list(files)):
        known = [each for each in described if contract.tables[each.table].parent == name]
        parser = FileParser(contract, contract.tables[name], [each.source for each in known if _is_parent_level(each)])
        missing = _missing_reason(contract, name, files[name])
        described += [replace(each, missing_reason_code=missing) for each in parser.parse(files[name])]
        parsers.append(parser)
    features = tuple(entry for parser in parsers for entry in _features(files[parser.table.name]))
    return ParsedHistories(tuple(parser.history for parser in parsers), tuple(described), features)


def _features(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    missing = raw.get("missing_reason_code", "")
    yield from ({"missing_reason_code": missing} | entry for entry in raw.get("feature", []))


def _missing_reason(contract: Contract, name: str, raw: Mapping[str, Any]) -> str:
    code = str(raw.get("missing_reason_code", ""))
    if code and code not in contract.reasons:
        raise broken(name, "missing_reason_code", f"unknown reason {code!r}")
    return code


def _is_parent_level(each: Described) -> bool:
    return each.aggregate.level == "parent"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"histories/{path.name}: {error}", code="features_unreadable") from error


def _children_first(contract: Contract, names: Sequence[str]) -> list[str]:
    depth = {name: _depth(contract, name) for name in names}
    return sorted(names, key=lambda name: -depth[name])


def _depth(contract: Contract, name: str) -> int:
    seen = [name]
    while (parent := contract.tables[seen[-1]].parent) is not None:
        if parent in seen:
            raise broken(name, "table", f"its parents form a cycle: {' -> '.join([*seen, parent])}")
        seen.append(parent)
    return len(seen)
