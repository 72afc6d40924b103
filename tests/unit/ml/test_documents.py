from pathlib import Path

import pytest

from ml.contract import available_products
from ml.documents import load_documents
from ml.errors import ContractError


@pytest.mark.parametrize("product", available_products())
def test_each_product_that_ships_has_a_checklist(product: str) -> None:
    assert any(kind.required for kind in load_documents(product))


@pytest.mark.parametrize(
    "content",
    [
        "nothing = 1",
        "[[document]]\nkey = 'x'\nlabel_en = 'X'\nlabel_fr = 'X'",
        "[[document]]\nkey = 'paper'\nlabel_en = 'X'",
        "[[document]]\nkey = 'paper'\nlabel_en = 'X'\nlabel_fr = ''",
        "[[document]]\nkey = 'paper'\nlabel_en = 'X'\nlabel_fr = 'X'\nrequired = 'no'",
        "[[document]]\nkey = 'paper'\nlabel_en = 'X'\nlabel_fr = 'X'\nother = 1",
        "[[document]]\nkey = 'paper'\nlabel_en = 'X'\nlabel_fr = 'X'\n" * 2,
        "[[document]",
    ],
)
def test_a_checklist_that_cannot_be_read_is_named(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.documents.product_folder", lambda _product: tmp_path)
    (tmp_path / "documents.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match=r"documents\.toml"):
        load_documents("own")


def test_a_product_may_ask_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.documents.product_folder", lambda _product: tmp_path)
    assert load_documents("own") == ()
