"""Where the products are: those that come with the project, and a lender's own in the folder ``PRODUCTS_DIR`` names."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ml.errors import ContractError

BUILT_IN = Path(__file__).parent / "products"
# The name is part of bundle names, addresses and a database column.
NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


def available_products() -> list[str]:
    """Return the names of the products that have a contract, sorted.

    >>> "home_credit" in available_products()
    True
    """
    return sorted(_folders())


def product_folder(product: str) -> Path:
    """Return the folder of ``product``.

    Raises ContractError: ``unknown_product``, ``product_twice`` when a lender's own product has the name of another,
    ``products_dir_missing``.
    """
    folders = _folders()
    if product not in folders:
        known = ", ".join(sorted(folders))
        raise ContractError(f"There is no product {product!r}; known: {known}.", code="unknown_product")
    return folders[product]


def example_file(product: str) -> dict[str, Any] | None:
    """Return the example of a credit file that comes with ``product`` (``example.json``), or None.

    Raises ContractError ``example_unreadable``.
    """
    path = product_folder(product) / "example.json"
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ContractError(f"{product}: example.json: {error}", code="example_unreadable") from error
    return content


def _folders() -> dict[str, Path]:
    found = _in(BUILT_IN)
    own = os.environ.get("PRODUCTS_DIR")
    if own and not Path(own).is_dir():
        raise ContractError(f"PRODUCTS_DIR={own}: there is no such folder.", code="products_dir_missing")
    for name, folder in (_in(Path(own)) if own else {}).items():
        if found.setdefault(name, folder).resolve() != folder.resolve():
            message = f"There are two products called {name}: give the one in {folder.parent.name} another name."
            raise ContractError(message, code="product_twice")
    return found


def _in(parent: Path) -> dict[str, Path]:
    folders = (path.parent for path in parent.glob("*/product.toml"))
    return {folder.name: folder for folder in folders if NAME.fullmatch(folder.name)}
