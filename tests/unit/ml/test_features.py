import numpy as np
import pytest

from ml.errors import ContractError
from ml.features import Feature, Specification, build_matrix, columns_from_frame, load_specification
from ml.features.expressions import OPERATORS
from ml.features.one_file import matrix_from_file
from ml.features.specification import _Builder, raw_specification

NAN = np.nan
A, B, C = np.array([1.0, 4.0, NAN, NAN]), np.array([2.0, 0.0, 3.0, NAN]), np.array([3.0, 5.0, 5.0, NAN])
ONES = (1.0, 1.0, 1.0)
PROTECTED = {"CODE_GENDER", "NAME_FAMILY_STATUS", "CNT_CHILDREN", "CNT_FAM_MEMBERS"}


def value(specification, contract, name, **row):
    columns = {key: [given] for key, given in row.items()}
    return float(build_matrix(specification, contract, columns)[0, specification.names.index(name)])


@pytest.mark.parametrize(
    ("op", "inputs", "weights", "expected"),
    [
        ("ratio", [A, B], ONES[:2], [0.5, NAN, NAN, NAN]),
        ("difference", [A, B], ONES[:2], [-1, 4, NAN, NAN]),
        ("product", [A, B, C], ONES, [6, 0, NAN, NAN]),
        ("sum", [A, B, C], ONES, [6, 9, 8, NAN]),
        ("mean", [A, B, C], ONES, [2, 3, 4, NAN]),
        ("mean", [A, B, C], (1.0, 2.0, 1.0), [2, 2.25, 11 / 3, NAN]),
        ("min", [A, B, C], ONES, [1, 0, 3, NAN]),
        ("max", [A, B, C], ONES, [3, 5, 5, NAN]),
        ("std", [A, B, C], ONES, [np.sqrt(2 / 3), np.sqrt(14 / 3), 1, NAN]),
        ("missing_count", [A, B, C], ONES, [0, 0, 1, 3]),
    ],
)
def test_operators_by_hand(op, inputs, weights, expected):
    np.testing.assert_allclose(OPERATORS[op](inputs, weights), expected, rtol=1e-15)


def test_operators_leave_their_inputs_alone():
    before = [A.copy(), B.copy(), C.copy()]
    for operator in OPERATORS.values():
        operator([A, B], (1.0, 1.0))
    np.testing.assert_array_equal([A, B, C], before)


def test_standard_deviation_of_one_known_value_is_missing():
    assert np.isnan(OPERATORS["std"]([np.array([1.0]), np.array([NAN])], (1.0, 1.0))[0])


def test_no_protected_attribute_reaches_the_model(specification, contract):
    assert not PROTECTED & set(specification.columns)
    allowed = {column.name for column in contract.application.columns if column.model_input and not column.protected}
    assert set(specification.columns) <= allowed


def test_age_is_never_a_reason_not_even_in_a_ratio(specification):
    derived = {feature.name: feature for feature in specification.features}

    def leans_on_age(name):
        return name == "DAYS_BIRTH" or (name in derived and name != "DAYS_BIRTH" and behind(derived[name]))

    def behind(feature):
        return feature.inputs == ("DAYS_BIRTH",) or (
            feature.op != "column" and any(leans_on_age(name) for name in feature.inputs)
        )

    aged = [feature for feature in specification.features if behind(feature)]
    assert len(aged) > 3
    assert not any(feature.reason_allowed or feature.reason_code for feature in aged)


def test_every_feature_has_its_words(specification, contract):
    assert len(set(specification.names)) == len(specification.names)
    for feature in specification.features:
        assert feature.label_en
        assert feature.label_fr
        assert feature.unit in contract_units(contract)
        assert feature.monotone in (-1, 0, 1)
        assert (feature.reason_code in contract.reasons) == feature.reason_allowed
        assert not (feature.monotone and feature.dtype == "category")


def contract_units(contract):
    return {column.unit for table in contract.tables.values() for column in table.columns} | {"none"}


def test_sentinel_is_missing(specification, contract):
    assert np.isnan(value(specification, contract, "DAYS_EMPLOYED", DAYS_EMPLOYED=365243))
    assert np.isnan(value(specification, contract, "employment_to_age", DAYS_EMPLOYED=365243, DAYS_BIRTH=-9000))
    assert value(specification, contract, "employment_to_age", DAYS_EMPLOYED=-900, DAYS_BIRTH=-9000) == pytest.approx(
        0.1
    )


def test_categories_are_their_place_in_the_contract(specification, contract):
    column = contract.application.column("NAME_EDUCATION_TYPE")
    for place, category in enumerate(column.categories):
        assert value(specification, contract, column.name, NAME_EDUCATION_TYPE=category) == place
    assert np.isnan(value(specification, contract, column.name, NAME_EDUCATION_TYPE=None))
    assert np.isnan(value(specification, contract, column.name, NAME_EDUCATION_TYPE=NAN))


def test_unseen_category_is_refused_or_missing_as_the_contract_says(specification, contract):
    with pytest.raises(ContractError) as caught:
        value(specification, contract, "NAME_EDUCATION_TYPE", NAME_EDUCATION_TYPE="higher education")
    assert caught.value.code == "unseen_category"
    assert caught.value.problems[0].pointer == "/application/NAME_EDUCATION_TYPE"
    assert np.isnan(value(specification, contract, "OCCUPATION_TYPE", OCCUPATION_TYPE="Astronauts"))


def test_a_text_is_no_number(specification, contract):
    with pytest.raises(ContractError) as caught:
        value(specification, contract, "AMT_CREDIT", AMT_CREDIT="much")
    assert caught.value.code == "wrong_type"


def test_division_by_zero_and_overflow_are_missing(specification, contract):
    assert np.isnan(value(specification, contract, "credit_to_income", AMT_CREDIT=1.0, AMT_INCOME_TOTAL=0.0))
    assert np.isnan(value(specification, contract, "AMT_CREDIT", AMT_CREDIT=1e300))


def test_uneven_columns_are_refused(specification, contract):
    for columns in ({"AMT_CREDIT": [1.0], "AMT_ANNUITY": [1.0, 2.0]}, {}):
        with pytest.raises(ContractError) as caught:
            build_matrix(specification, contract, columns)
        assert caught.value.code == "columns_uneven"


def test_a_file_without_application_is_refused(specification, contract):
    with pytest.raises(ContractError) as caught:
        matrix_from_file(specification, contract, {"bureau": []})
    assert caught.value.code == "application_missing"


def test_matrix_of_a_frame_equals_the_rows_one_by_one(specification, contract, applicants):
    frame = applicants.drop(columns=contract.target).head(40)
    whole = build_matrix(specification, contract, columns_from_frame(contract, frame))
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    single = [matrix_from_file(specification, contract, {"application": row}) for row in records]
    assert whole.dtype == np.float32
    assert np.vstack(single).tobytes() == whole.tobytes()


def test_features_survive_the_round_trip(specification):
    for feature in specification.features:
        assert Feature.from_dict({**feature.as_dict(), "inputs": list(feature.inputs)}) == feature


def test_a_feature_is_found_by_name(specification):
    assert specification.feature("credit_to_income").op == "ratio"
    with pytest.raises(ContractError):
        specification.feature("shoe_size")


def test_without_leaves_the_rest_in_order(specification):
    rest = specification.without({"AMT_CREDIT"})
    assert isinstance(rest, Specification)
    assert rest.names == tuple(name for name in specification.names if name != "AMT_CREDIT")


def test_raw_specification_is_every_allowed_column(contract):
    raw = raw_specification(contract)
    assert set(raw.names) == {column.name for column in contract.application.columns if column.model_input}


def test_unknown_product_is_refused():
    with pytest.raises(ContractError) as caught:
        load_specification("mortgage")
    assert caught.value.code == "unknown_product"


RATIO = {
    "name": "new",
    "op": "ratio",
    "inputs": ["AMT_CREDIT", "AMT_ANNUITY"],
    "label_en": "x",
    "label_fr": "x",
    "unit": "ratio",
    "reason_code": "income",
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"op": "power"}, "unknown operator"),
        ({"inputs": ["AMT_CREDIT"]}, "does not take 1"),
        ({"inputs": ["AMT_CREDIT", "AMT_ANNUITY", "DAYS_BIRTH"]}, "does not take 3"),
        ({"inputs": ["AMT_CREDIT", "SHOE_SIZE"]}, "unknown input"),
        ({"inputs": ["AMT_INCOME_TOTAL", "CNT_FAM_MEMBERS"]}, "may not be an input"),
        ({"inputs": ["DAYS_BIRTH", "TARGET"]}, "may not be an input"),
        ({"inputs": ["AMT_CREDIT", "OCCUPATION_TYPE"]}, "is a category"),
        ({"reason_code": "mood"}, "unknown reason"),
        ({"op": "mean", "weights": [1, -1]}, "positive weight"),
        ({"op": "mean", "weights": [1]}, "positive weight"),
        ({"name": "AMT_CREDIT"}, "twice"),
    ],
)
def test_a_wrong_feature_is_refused_by_name(contract, change, why):
    with pytest.raises(ContractError, match=why) as caught:
        _Builder(contract).build({"version": "1", "columns": ["AMT_CREDIT"], "feature": [{**RATIO, **change}]})
    assert caught.value.code == "features_unreadable"
    assert {**RATIO, **change}["name"] in caught.value.message


@pytest.mark.parametrize("column", sorted(PROTECTED))
def test_a_protected_column_is_refused(contract, column):
    with pytest.raises(ContractError, match="may not be an input"):
        _Builder(contract).build({"version": "1", "columns": [column]})
