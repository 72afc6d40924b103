"""The committed pages say what the specification of today says."""

from pathlib import Path

import pytest

from ml.contract import available_products, load_contract
from ml.features import load_specification
from ml.features.dictionary import as_markdown

PAGES = Path(__file__).resolve().parents[2] / "docs" / "feature-dictionary"


@pytest.mark.parametrize("product", available_products())
def test_the_page_is_the_specification_of_today(product):
    page = PAGES / f"{product}.md"
    assert page.read_text(encoding="utf-8") == as_markdown(load_specification(product), load_contract(product)), (
        f"{page.name} is not of today; `make docs` writes it"
    )


@pytest.mark.parametrize("product", available_products())
def test_every_feature_has_its_line_with_a_reason_or_none(product):
    specification, lines = load_specification(product), as_markdown(load_specification(product), load_contract(product))
    cells = [line.split(" | ") for line in lines.splitlines() if line.startswith("| `")]
    named = {row[0][3:-1]: row for row in cells if len(row) == 6}
    assert set(named) == set(specification.names)
    for feature in specification.features:
        assert feature.label_en in named[feature.name][1]
        assert feature.label_fr in named[feature.name][1]
        assert named[feature.name][4].startswith(f"`{feature.reason_code}`" if feature.reason_allowed else "-")
