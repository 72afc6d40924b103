"""The contract says everything about every column, in both languages, and once only."""

import json

import jsonschema
import pytest

from ml.contract import PRODUCTS_DIR, available_products, load_contract
from ml.contract_types import DTYPES
from ml.dictionary import as_markdown
from ml.errors import ContractError

CONTRACT = load_contract()
COLUMNS = [column for table in CONTRACT.tables.values() for column in table.columns]
PROTECTED = {"CODE_GENDER", "NAME_FAMILY_STATUS", "CNT_CHILDREN", "CNT_FAM_MEMBERS"}
TABLE_SIZES = {
    "application": 122,
    "bureau": 17,
    "bureau_balance": 3,
    "previous_application": 37,
    "POS_CASH_balance": 8,
    "installments_payments": 8,
    "credit_card_balance": 23,
}


def name_of(column):
    return f"{column.table}.{column.name}"


def test_contract_has_all_tables_and_columns():
    assert {name: len(table.columns) for name, table in CONTRACT.tables.items()} == TABLE_SIZES
    assert "home_credit" in available_products()
    assert (CONTRACT.cost_false_negative, CONTRACT.cost_false_positive) == (10, 1)


def test_contract_is_cached_and_has_a_fingerprint():
    assert load_contract("home_credit") is load_contract("home_credit")
    assert len(CONTRACT.sha256) == 64


def test_contract_unknown_product_names_the_known_ones():
    with pytest.raises(ContractError, match="home_credit") as caught:
        load_contract("../../etc")
    assert caught.value.code == "unknown_product"


def test_contract_unknown_column_is_refused():
    with pytest.raises(ContractError, match="no column AMT"):
        CONTRACT.application.column("AMT")


def broken(rule):
    """The columns for which the rule does not hold."""
    return [name_of(column) for column in COLUMNS if not rule(column)]


def test_columns_are_labelled_in_both_languages():
    def is_labelled(column):
        texts = (column.label_en, column.label_fr, column.help_en, column.help_fr)
        return all(text.strip() and "_" not in text for text in texts) and column.help_en != column.help_fr

    assert broken(is_labelled) == []
    assert broken(lambda column: column.name not in (column.label_en, column.label_fr)) == []


def test_columns_refer_only_to_what_exists():
    sections = {section.key for section in CONTRACT.sections}
    assert broken(lambda column: column.dtype in DTYPES) == []
    assert broken(lambda column: column.section in sections) == []
    assert broken(lambda column: not column.reason_code or column.reason_code in CONTRACT.reasons) == []


def test_columns_have_either_a_range_or_categories():
    assert broken(lambda column: bool(column.categories) == (column.dtype == "category")) == []
    numbers = [column for column in COLUMNS if column.dtype != "category"]
    assert [name_of(column) for column in numbers if not column.minimum < column.maximum] == []


def test_categories_are_labelled_in_both_languages_and_differ_by_more_than_case():
    def is_labelled(column):
        labels = column.category_labels
        complete = all(en.strip() and fr.strip() for en, fr in labels.values())
        distinct = len({en for en, _ in labels.values()}) == len({fr for _, fr in labels.values()}) == len(labels)
        return complete and distinct and tuple(labels) == column.categories

    assert broken(is_labelled) == []
    assert broken(lambda column: len(column.folded_categories) == len(column.categories)) == []


def test_columns_rules_do_not_contradict_each_other():
    assert broken(lambda column: not (column.required and column.nullable)) == []
    assert broken(lambda column: not (column.protected and column.model_input)) == []
    assert broken(lambda column: not (column.reason_allowed and not column.reason_code)) == []
    assert broken(lambda column: column.model_input or not column.reason_allowed) == []


def test_columns_protected_are_never_model_inputs():
    assert {column.name for column in COLUMNS if column.protected} == PROTECTED
    assert not CONTRACT.application.column("TARGET").model_input
    assert not any(column.model_input for column in COLUMNS if column.dtype == "id")


def test_column_age_may_be_scored_but_never_given_as_a_reason():
    age = CONTRACT.application.column("DAYS_BIRTH")
    assert age.model_input
    assert not age.reason_allowed


def test_columns_of_a_table_share_no_label():
    for table in CONTRACT.tables.values():
        for language in ("label_en", "label_fr"):
            labels = [getattr(column, language) for column in table.columns]
            assert len(set(labels)) == len(labels), table.name


def test_reasons_read_well_in_both_languages():
    for reason in CONTRACT.reasons.values():
        texts = (reason.text_en, reason.text_fr, reason.favourable_en, reason.favourable_fr)
        assert all(text.strip() and "_" not in text for text in texts)
        assert reason.text_en != reason.text_fr
    assert len({reason.text_en for reason in CONTRACT.reasons.values()}) == len(CONTRACT.reasons)


def test_tables_hang_on_tables_that_exist():
    for table in CONTRACT.child_tables:
        assert table.parent in CONTRACT.tables
        assert table.parent_key in table.by_name
        assert not table.key or table.key in table.by_name


def test_file_schema_is_a_valid_json_schema_without_the_outcome():
    schema = CONTRACT.file_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema, allow_nan=False)
    assert "TARGET" not in schema["properties"]["application"]["properties"]
    assert schema["required"] == ["application"]


@pytest.mark.parametrize(
    ("column", "value", "fits"),
    [
        ("DAYS_EMPLOYED", 365243, True),
        ("DAYS_EMPLOYED", 12, False),
        ("AMT_ANNUITY", None, True),
        ("AMT_CREDIT", None, False),
        ("NAME_CONTRACT_TYPE", "cash loans", False),
        ("ORGANIZATION_TYPE", "Space travel", True),
        ("NAME_TYPE_SUITE", None, True),
        ("FLAG_MOBIL", 2, False),
    ],
)
def test_column_schema_says_the_same_as_the_contract(column, value, fits):
    validator = jsonschema.Draft202012Validator(CONTRACT.application.column(column).json_schema())
    assert validator.is_valid(value) is fits


def test_dictionary_page_is_the_contract_of_today():
    page = PRODUCTS_DIR.parents[1] / "docs" / "data-dictionary.md"
    chapters = [as_markdown(load_contract(product)) for product in available_products()]
    assert page.read_text(encoding="utf-8") == "\n".join(chapters)
