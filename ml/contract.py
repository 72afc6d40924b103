"""The data contract of a product: every column of every table, as data.

The contract drives validation, forms, the API schema and the documentation. It is read from
``ml/products/<product>/``: ``product.toml``, ``vocabularies.toml``, ``reasons.toml`` and one CSV
file per table under ``dictionary/``. ``python -m ml.contract`` prints the dictionary in Markdown.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ml.contract_checks import contract_problems
from ml.contract_types import DTYPES, Column, Contract, Reason, Section, Table
from ml.errors import ContractError, Problem
from ml.product_folders import BUILT_IN, available_products, product_folder

__all__ = ["Column", "Contract", "Problem", "Reason", "Section", "Table", "available_products", "load_contract"]

PRODUCTS_DIR = BUILT_IN
PROBLEMS_TOLD = 5


@cache
def load_contract(product: str = "home_credit") -> Contract:
    """Read and check the contract of ``product``; the answer is cached.

    Raises ContractError (``unknown_product``) when there is no such product, and
    (``contract_unreadable``) naming the file when one of its files cannot be used.

    >>> load_contract().application.column("AMT_CREDIT").dtype
    'float'
    """
    contract = _Reader(product_folder(product)).contract()
    problems = contract_problems(contract)
    if problems:
        raise ContractError(_told(product, problems), code="contract_unreadable")
    return contract


def _told(product: str, problems: list[str]) -> str:
    rest = f" (and {len(problems) - PROBLEMS_TOLD} more)" if len(problems) > PROBLEMS_TOLD else ""
    return f"The contract of {product} does not fit together: {'; '.join(problems[:PROBLEMS_TOLD])}{rest}."


class _Reader:
    """Reads one product folder; keeps what the files share: vocabularies, units, reasons."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.product = self._toml("product.toml")
        self.vocabularies = self._toml("vocabularies.toml")
        self.reasons = self._reasons()

    def contract(self) -> Contract:
        try:
            return self._contract()
        except (KeyError, TypeError, AttributeError) as error:
            raise ContractError(f"product.toml: {_words(error)}", code="contract_unreadable") from error

    def _reasons(self) -> dict[str, Reason]:
        try:
            return {code: Reason(code, **texts) for code, texts in self._toml("reasons.toml").items()}
        except TypeError as error:
            raise ContractError(f"reasons.toml: {error}", code="contract_unreadable") from error

    def _contract(self) -> Contract:
        head = {key: value for key, value in self.product.items() if not isinstance(value, dict)}
        return Contract(
            product=self.folder.name,
            **head,
            sections=tuple(Section(key, **labels) for key, labels in self.product["sections"].items()),
            tables={name: self._table(name, entry) for name, entry in self.product["tables"].items()},
            reasons=self.reasons,
            sha256=self._sha256(),
        )

    def _toml(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ContractError(f"{path.name}: {_words(error)}", code="contract_unreadable") from error

    def _table(self, name: str, entry: dict[str, Any]) -> Table:
        path = self.folder / "dictionary" / f"{name}.csv"
        try:
            with path.open(encoding="utf-8", newline="") as lines:
                columns = tuple(self._column(name, row) for row in csv.DictReader(lines))
        except (OSError, ValueError, KeyError, csv.Error) as error:
            raise ContractError(f"{path.name}: {_words(error)}", code="contract_unreadable") from error
        return Table(
            name=name,
            key=entry["key"],
            parent=entry.get("parent"),
            parent_key=entry.get("parent_key"),
            columns=columns,
            label_en=entry["label_en"],
            label_fr=entry["label_fr"],
        )

    def _column(self, table: str, row: dict[str, str]) -> Column:
        labels = self._category_labels(row["vocabulary"])
        unit = self.product["units"][row["unit"]]
        currency = self.product["currency"]
        names = ("label_en", "label_fr", "help_en", "help_fr", "section", "reason_code", "unit", "dtype", "name")
        switches = ("nullable", "required", "protected", "model_input", "reason_allowed", "unseen_allowed")
        texts: dict[str, Any] = {name: row[name] for name in names}
        flags: dict[str, Any] = {name: _yes(row[name]) for name in switches}
        if texts["dtype"] not in DTYPES:
            raise ValueError(f"{row['name']}: unknown dtype {texts['dtype']!r}")
        return Column(
            table=table,
            minimum=float(row["minimum"]) if row["minimum"] else None,
            maximum=float(row["maximum"]) if row["maximum"] else None,
            categories=tuple(labels) if texts["dtype"] == "category" else (),
            category_labels=labels,
            sentinels=tuple(float(value) for value in row["sentinels"].split()),
            unit_label_en=unit["label_en"].format(currency=currency),
            unit_label_fr=unit["label_fr"].format(currency=currency),
            **texts,
            **flags,
        )

    def _category_labels(self, vocabulary: str) -> dict[str, tuple[str, str]]:
        if not vocabulary:
            return {}
        return {value: (en, fr) for value, (en, fr) in self.vocabularies[vocabulary].items()}

    def _sha256(self) -> str:
        digest = hashlib.sha256()
        names = ["product.toml", "vocabularies.toml", "reasons.toml"]
        names += [f"dictionary/{table}.csv" for table in self.product["tables"]]
        for name in names:
            content = (self.folder / name).read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"{error} is not there" if isinstance(error, KeyError) else str(error)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"expected yes or no, got {text!r}")
    return text == "yes"


if __name__ == "__main__":
    from ml.dictionary import as_markdown

    sys.stdout.write("\n".join(as_markdown(load_contract(name)) for name in available_products()))
