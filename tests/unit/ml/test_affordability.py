import pytest

from ml import affordability
from ml.affordability import Affordability, affordability_of, load_rule
from ml.contract import available_products
from ml.errors import ContractError


def file(income=3000.0, instalment=600.0, bureau=()):
    return {"application": {"AMT_INCOME_TOTAL": income, "AMT_ANNUITY": instalment}, "bureau": list(bureau)}


def credit(active="Active", annuity=None):
    return {"CREDIT_ACTIVE": active, "AMT_ANNUITY": annuity}


def test_by_hand():
    rows = [
        credit(annuity=200.0),
        credit(annuity=100.0),
        credit(),
        credit("Closed", 900.0),
        {"CREDIT_ACTIVE": "Active"},
    ]
    found = affordability_of("home_credit", file(bureau=rows))
    assert found == Affordability(income=3000.0, instalment=600.0, existing=300.0, unstated=2)
    assert found.debt_to_income == pytest.approx(0.3)
    assert found.left == pytest.approx(2100.0)


@pytest.mark.parametrize(("income", "instalment"), [(None, 600.0), (3000.0, None), (0, 600.0), (-5.0, 600.0)])
def test_what_the_file_does_not_tell_is_not_made_up(income, instalment):
    assert affordability_of("home_credit", file(income, instalment)).debt_to_income is None


@pytest.mark.parametrize("histories", [{}, {"bureau": None}, {"bureau": []}])
def test_a_file_without_histories_has_no_other_credits(histories):
    row = {"AMT_INCOME_TOTAL": 10.0, "AMT_ANNUITY": 20.0}
    found = affordability_of("home_credit", {"application": row} | histories)
    assert (found.existing, found.unstated, found.left) == (0.0, 0, -10.0)


def test_a_product_without_a_rule_says_nothing():
    assert affordability_of("card_default", {"application": {}}) is None


def test_every_rule_that_comes_with_the_portal_can_be_read():
    assert {product for product in available_products() if load_rule(product)} == {"home_credit"}


@pytest.mark.parametrize(
    "text",
    [
        "income = 'AMT_INCOME_TOTAL'",
        "income = 'AMT_CREDIT'\ninstalment = 'AMT_ANNUITY'",
        "income = 'NOBODY'\ninstalment = 'AMT_ANNUITY'",
        "income = 'AMT_INCOME_TOTAL'\ninstalment = 'AMT_ANNUITY'\n[[existing]]\ntable = 'none'\ninstalment = 'X'",
        "income = 'AMT_INCOME_TOTAL'\ninstalment = 'AMT_ANNUITY'\n[[existing]]\ntable = 'bureau'\n"
        "instalment = 'AMT_ANNUITY'\nwhere = { NOBODY = 1 }",
        "income = [",
    ],
)
def test_a_rule_that_fits_no_contract_is_refused(text, tmp_path, monkeypatch):
    (tmp_path / "affordability.toml").write_text(text)
    monkeypatch.setattr(affordability, "product_folder", lambda _product: tmp_path)
    with pytest.raises(ContractError) as caught:
        load_rule.__wrapped__("home_credit")
    assert caught.value.code == "affordability_unreadable"
