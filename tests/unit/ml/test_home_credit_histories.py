"""What the product says about its histories: words, reasons, signs, and figures worked out by hand."""

import re
import tomllib

import numpy as np
import polars as pl
import pytest

from ml.contract import PRODUCTS_DIR
from ml.features import build_matrix, columns_from_frame
from ml.features.tables import matrix_from_tables
from ml.reasons import principal_reasons

FILES = sorted((PRODUCTS_DIR / "home_credit" / "histories").glob("*.toml"))
BLOCK = re.compile(r"^\[\[(?:aggregate|feature)\]\]\n(.*?)(?=^\[|\Z)", re.DOTALL | re.MULTILINE)
APPLICATION = {"SK_ID_CURR": 1, "AMT_CREDIT": 6000.0, "AMT_ANNUITY": 300.0, "AMT_INCOME_TOTAL": 2000.0}


@pytest.fixture(scope="module")
def from_histories(specification):
    """The features that cannot be had from the application alone."""
    found = {}
    for feature in specification.features:
        if feature.op == "aggregate" or (feature.op != "column" and set(feature.inputs) & set(found)):
            found[feature.name] = feature
    return found


@pytest.fixture(scope="module")
def value_of(specification, contract):
    def value(name, **tables):
        frames = {table: pl.LazyFrame(rows) for table, rows in tables.items()}
        matrix = matrix_from_tables(specification, contract, {"application": pl.LazyFrame([APPLICATION]), **frames})
        return float(matrix.values[0, specification.names.index(name)])

    return value


def test_every_child_table_has_its_file(contract):
    assert {path.stem for path in FILES} == {table.name for table in contract.child_tables}


def test_labels_are_there_and_unlike_each_other(specification):
    for language in ("label_en", "label_fr"):
        labels = [getattr(feature, language) for feature in specification.features]
        assert all(label.strip() for label in labels)
        assert len(set(labels)) == len(labels), sorted({label for label in labels if labels.count(label) > 1})


def test_every_reason_reads_in_both_languages(from_histories, contract):
    for feature in from_histories.values():
        codes = (feature.reason_code, feature.missing_reason_code)
        assert all(codes) if feature.reason_allowed else not any(codes), feature.name
        for code in filter(None, codes):
            reason = contract.reasons[code]
            assert all((reason.text_en, reason.text_fr, reason.favourable_en, reason.favourable_fr)), code


def test_reasons_of_the_bureau_name_it_as_their_source(contract):
    codes = [code for code in contract.reasons if code.startswith("bureau_")]
    assert codes
    assert all(contract.reasons[code].source_en and contract.reasons[code].source_fr for code in codes)


def test_no_protected_column_is_reached(specification, contract):
    for history in specification.histories:
        known = contract.tables[history.table].by_name
        raw = [known[name] for name in history.columns if name in known]
        assert not [column.name for column in raw if column.protected]
        assert all(column.model_input or column.dtype == "id" for column in raw)


def test_what_accompanied_the_applicant_or_may_tell_of_health_is_not_used(specification):
    used = {name for history in specification.histories for name in history.columns}
    assert not used & {"NAME_TYPE_SUITE", "NAME_CASH_LOAN_PURPOSE", "NAME_GOODS_CATEGORY", "CREDIT_CURRENCY"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sign_is_justified_where_it_is_declared(path):
    text = path.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    raw = tomllib.loads(text)
    assert len(blocks) == len(raw["aggregate"]) + len(raw.get("feature", []))
    signed = [block for block in blocks if "monotone" in block]
    assert all(re.search(r"^# \w+.*\nmonotone = ", block, re.MULTILINE) for block in signed)


def test_only_lateness_has_a_sign(from_histories):
    late = {"bureau_overdue", "previous_late_payments", "card_late_payments"}
    signed = [feature for feature in from_histories.values() if feature.monotone]
    assert signed
    assert {feature.monotone for feature in signed} == {1}
    assert {feature.reason_code for feature in signed} <= late


def test_without_histories_nothing_is_learnt_from_them(specification, contract, applicants, from_histories):
    frame = applicants.drop(columns=contract.target).head(50)
    matrix = build_matrix(specification, contract, columns_from_frame(contract, frame))
    for name in from_histories:
        values = matrix[:, specification.names.index(name)]
        assert np.isnan(values).all() or len(set(values)) == 1, name


def test_no_history_is_a_reason_of_its_own(specification, from_histories):
    row = np.full(len(specification.features), np.nan, dtype=np.float32)
    weights = np.array([0.1 if name in from_histories else 0.0 for name in specification.names])
    found = {reason.reason_code for reason in principal_reasons(weights, specification, row)}
    assert found == {"bureau_history_missing", "previous_history_missing", "card_history_missing"}


def instalment(due, paid, amount=100.0, payment=100.0):
    return {
        "SK_ID_PREV": 7,
        "SK_ID_CURR": 1,
        "NUM_INSTALMENT_VERSION": 1.0,
        "NUM_INSTALMENT_NUMBER": -due,
        "DAYS_INSTALMENT": due,
        "DAYS_ENTRY_PAYMENT": paid,
        "AMT_INSTALMENT": amount,
        "AMT_PAYMENT": payment,
    }


INSTALMENTS = [instalment(-400, -390), instalment(-50, -60), instalment(-20, -19, payment=40.0), instalment(-5, None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("installments_payments_days_late_max", 10.0),
        ("installments_payments_days_late_mean", 11 / 3),
        ("installments_payments_d60_days_late_mean", 0.5),
        ("installments_payments_last_3_days_late_max", 1.0),
        ("installments_payments_is_late_mean", 2 / 3),
        ("installments_payments_days_early_max", 10.0),
        ("installments_payments_d365_amount_short_sum", 60.0),
        ("amount_short_to_due", 0.15),
        ("late_share_with_us", 2 / 3),
        ("days_late_change_d365", 0.5 - 11 / 3),
    ],
)
def test_lateness_by_hand(value_of, name, expected):
    given = {**INSTALMENTS[3], "AMT_PAYMENT": None}
    assert value_of(name, installments_payments=[*INSTALMENTS[:3], given]) == pytest.approx(expected, rel=1e-6)


def previous(number, status, **row):
    return {"SK_ID_PREV": number, "SK_ID_CURR": 1, "NAME_CONTRACT_STATUS": status, **row}


APPROVED = {"AMT_CREDIT": 1000.0, "AMT_APPLICATION": 800.0, "AMT_ANNUITY": 110.0, "CNT_PAYMENT": 10.0}
PREVIOUS = [
    previous(1, "Approved", DAYS_DECISION=-900, DAYS_LAST_DUE_1ST_VERSION=365243.0, **APPROVED),
    previous(2, "Refused", DAYS_DECISION=-30, DAYS_LAST_DUE_1ST_VERSION=None, **APPROVED | {"AMT_CREDIT": 0.0}),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("previous_application_approved_interest_share_mean", 0.1),
        ("previous_application_approved_interest_rate_mean", 0.01),
        ("previous_application_approved_granted_share_mean", 1.25),
        ("previous_application_is_refused_mean", 0.5),
        ("previous_application_is_refused_last", 1.0),
        ("previous_application_running_count", 0.0),
        ("request_to_largest_previous", 6.0),
        ("refusal_after_approval_days", 870.0),
        ("histories_missing", 4.0),
    ],
)
def test_earlier_credits_by_hand(value_of, name, expected):
    assert value_of(name, previous_application=PREVIOUS) == pytest.approx(expected, rel=1e-6)


BUREAU = [
    {"SK_ID_BUREAU": 1, "CREDIT_ACTIVE": "Active", "AMT_CREDIT_SUM_DEBT": 500.0, "AMT_ANNUITY": 500.0},
    {"SK_ID_BUREAU": 2, "CREDIT_ACTIVE": "Closed", "AMT_CREDIT_SUM_DEBT": 0.0, "AMT_ANNUITY": None},
]
MONTHS = [(1, -1, "0"), (1, -2, "2"), (1, -30, "5"), (1, -3, "X"), (2, -13, "1"), (2, -12, "C")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bureau_active_amt_credit_sum_debt_sum", 500.0),
        ("bureau_debt_to_income", 0.25),
        ("annuity_to_income_left", 0.2),
        ("bureau_worst_arrears_max", 5.0),
        ("bureau_active_worst_arrears_12m_max", 2.0),
        ("bureau_worst_arrears_24m_mean", 1.5),
        ("bureau_balance_is_late_mean", 0.6),
        ("bureau_balance_m12_is_late_mean", 1 / 3),
        ("late_months_recent", 1.0),
    ],
)
def test_credits_elsewhere_by_hand(value_of, name, expected):
    credits = [{"SK_ID_CURR": 1, "DAYS_CREDIT": -1000, "AMT_CREDIT_SUM": 1000.0, **row} for row in BUREAU]
    months = [{"SK_ID_BUREAU": key, "MONTHS_BALANCE": month, "STATUS": status} for key, month, status in MONTHS]
    assert value_of(name, bureau=credits, bureau_balance=months) == pytest.approx(expected, rel=1e-6)
