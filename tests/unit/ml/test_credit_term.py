"""The operators that read a loan's term and interest off its figures, and the term of Home Credit's tariff."""

import numpy as np
import pytest

from ml.errors import ContractError
from ml.features import build_matrix
from ml.features.expressions import FEATURE_OPERATORS
from ml.features.specification import _Builder

NAN = np.nan
# Up to 10 the first input decides; above it the second, at 0.5.
SPLITS = (0, 10.0, -6, 1, 1, 0.5, -12, 0)


def monthly_rate(term, credit_to_instalment):
    return FEATURE_OPERATORS["monthly_rate"]([np.array(term), np.array(credit_to_instalment)], ())


def instalments_worth(rate, term):
    return (1 - (1 + rate) ** -term) / rate


@pytest.mark.parametrize("term", [3.0, 12.0, 60.0, 120.0])
def test_the_rate_is_the_one_the_instalment_was_made_with(term):
    rates = np.array([0.001, 0.01, 0.02, 0.045, 0.1])
    terms = np.full(len(rates), term)
    np.testing.assert_allclose(monthly_rate(terms, instalments_worth(rates, terms)), rates, rtol=1e-6)


def test_no_rate_where_the_instalments_repay_no_more_than_the_credit():
    assert np.isnan(monthly_rate([12.0, 12.0, 0.0, NAN, 12.0], [12.0, 15.0, 20.0, 10.0, NAN])).all()


def test_one_loan_has_the_bits_of_many():
    terms = np.repeat([6.0, 24.0, 48.0, NAN], 50)
    credit = np.tile(np.linspace(4.0, 44.0, 50), 4)
    many = monthly_rate(terms, credit)
    one_by_one = np.concatenate([monthly_rate([term], [each]) for term, each in zip(terms, credit, strict=True)])
    np.testing.assert_array_equal(many, one_by_one)


def test_a_tree_by_hand():
    inputs = [np.array([10.0, 10.1, 10.1, 3.0, NAN]), np.array([0.9, 0.5, 0.6, NAN, 0.1])]
    expected = [6.0, 12.0, 0.0, NAN, NAN]
    np.testing.assert_array_equal(FEATURE_OPERATORS["tree"](inputs, SPLITS), expected)
    for place, value in enumerate(expected):
        alone = FEATURE_OPERATORS["tree"]([values[place : place + 1] for values in inputs], SPLITS)
        np.testing.assert_array_equal(alone, [value])


@pytest.mark.parametrize(
    "splits", [[], [[0, 1.0, -1]], [[2, 1.0, -1, -2]], [[0, 1.0, 1, -2]], [[0, 1.0, -1, 1], [0, 2.0, 1, -2]]]
)
def test_a_tree_that_leads_nowhere_is_refused(contract, splits):
    words = {"label_en": "a", "label_fr": "a", "unit": "count", "reason_code": "income"}
    entry = {"name": "own", "op": "tree", "inputs": ["AMT_CREDIT", "AMT_ANNUITY"], "splits": splits, **words}
    with pytest.raises(ContractError) as caught:
        _Builder(contract).build({"version": "1", "columns": [], "feature": [entry]})
    assert caught.value.code == "features_unreadable"


@pytest.mark.parametrize(("term", "yearly", "insured"), [(12, 0.30, 1.1320), (36, 0.299, 1.198), (60, 0.25, 1.0)])
def test_the_tariff_gives_term_and_interest_away(specification, contract, term, yearly, insured):
    goods = 450_000.0
    credit = goods * insured
    annuity = credit / instalments_worth(yearly / 12, term)
    row = {"AMT_CREDIT": [credit], "AMT_GOODS_PRICE": [goods], "AMT_ANNUITY": [annuity]}
    matrix = build_matrix(specification, contract, row)
    found = dict(zip(specification.names, matrix[0].tolist(), strict=True))
    assert found["credit_term"] == term
    assert found["monthly_interest"] == pytest.approx(yearly / 12, rel=1e-5)
    assert found["repaid_to_credit"] == pytest.approx(term * annuity / credit, rel=1e-6)


def test_a_revolving_credit_has_no_term_and_no_interest(specification, contract):
    row = {"AMT_CREDIT": [180_000.0], "AMT_GOODS_PRICE": [180_000.0], "AMT_ANNUITY": [9_000.0]}
    found = dict(zip(specification.names, build_matrix(specification, contract, row)[0].tolist(), strict=True))
    assert found["credit_term"] == 0
    assert np.isnan(found["monthly_interest"])
