"""What papers a file of a product needs: ``ml/products/<product>/documents.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from ml.errors import ContractError
from ml.product_folders import product_folder

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True)
class DocumentKind:
    """One line of the checklist."""

    key: str
    label_en: str
    label_fr: str
    required: bool = False
    help_en: str = ""
    help_fr: str = ""

    def __post_init__(self) -> None:
        texts = (self.key, self.label_en, self.label_fr, self.help_en, self.help_fr)
        if not all(isinstance(text, str) for text in texts) or not isinstance(self.required, bool):
            raise ValueError(f"{self.key}: labels and help are texts, required is true or false")
        if not KEY.fullmatch(self.key) or not self.label_en or not self.label_fr:
            raise ValueError(f"{self.key!r}: a kind of document has a short key and a label in both languages")


def load_documents(product: str) -> tuple[DocumentKind, ...]:
    """The checklist of a product, in its order; empty when the product asks for no paper.

    Raises ContractError ``documents_unreadable``.

    >>> [kind.key for kind in load_documents("home_credit") if kind.required]
    ['identity', 'income']
    """
    path = product_folder(product) / "documents.toml"
    if not path.exists():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["document"]
        kinds = tuple(DocumentKind(**entry) for entry in entries)
        if len({kind.key for kind in kinds}) != len(kinds):
            raise ValueError("a key stands twice")
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"documents.toml: {error}", code="documents_unreadable") from error
    return kinds
