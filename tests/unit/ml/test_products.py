"""What holds for every product that comes with the project, and for the folder that says where products are."""

import json
import shutil

import jsonschema
import pytest

from ml.contract import available_products, load_contract
from ml.errors import ContractError
from ml.features import load_specification
from ml.product_folders import BUILT_IN, example_file, product_folder
from ml.training_config import load_config
from ml.validation import validate_file

PRODUCTS = available_products()


@pytest.fixture(autouse=True)
def _fresh():
    yield
    load_contract.cache_clear()
    load_specification.cache_clear()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder for a lender's own products, with a copy of one to change."""
    monkeypatch.setenv("PRODUCTS_DIR", str(tmp_path))
    return shutil.copytree(BUILT_IN / "card_default", tmp_path / "own_card", ignore=shutil.ignore_patterns("data"))


def change(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize("product", PRODUCTS)
def test_product_has_all_that_the_portal_needs(product):
    contract, specification = load_contract(product), load_specification(product)
    assert specification.features
    assert load_config(product).folds >= 2
    assert load_config(product, quick=True).rounds < load_config(product).rounds
    protected = {column.name for column in contract.application.columns if column.protected}
    assert protected
    assert not protected & set(specification.columns)
    assert {f.reason_code for f in specification.features if f.reason_code} <= set(contract.reasons)


@pytest.mark.parametrize("product", PRODUCTS)
def test_words_of_a_product_are_there_in_both_languages(product):
    contract = load_contract(product)
    for column in contract.application.columns:
        words = (column.label_en, column.label_fr, column.help_en, column.help_fr)
        assert all(text.strip() and "_" not in text for text in words), column.name
        assert column.help_en != column.help_fr
    for reason in contract.reasons.values():
        assert reason.text_en != reason.text_fr
    for feature in load_specification(product).features:
        assert feature.label_en, feature.name
        assert feature.label_fr, feature.name
        assert "_" not in feature.label_en + feature.label_fr


@pytest.mark.parametrize("product", PRODUCTS)
def test_example_keeps_the_contract_and_its_schema(product):
    file, contract = example_file(product), load_contract(product)
    assert file is not None
    assert validate_file(contract, file) == []
    jsonschema.Draft202012Validator(contract.file_schema()).validate(file)


def test_own_product_is_found_beside_those_of_the_project(own):
    assert available_products() == sorted([*PRODUCTS, "own_card"])
    assert load_contract("own_card").product == "own_card"
    assert load_specification("own_card").product == "own_card"
    assert load_config("own_card").rounds == load_config("card_default").rounds


def test_own_product_without_a_training_configuration_is_refused_in_words(own):
    (own / "training.toml").unlink()
    with pytest.raises(Exception, match=r"own_card\.toml"):
        load_config("own_card")


def test_own_product_may_not_take_the_name_of_another(own):
    own.rename(own.parent / "home_credit")
    with pytest.raises(ContractError, match="two products called home_credit") as caught:
        available_products()
    assert caught.value.code == "product_twice"


@pytest.mark.parametrize("name", ["Own Card", "own-card", "x", "../card", "a" * 41])
def test_folder_with_another_kind_of_name_is_no_product(own, name):
    if "/" not in name:
        own.rename(own.parent / name)
    with pytest.raises(ContractError, match="known: card_default, home_credit") as caught:
        product_folder(name)
    assert caught.value.code == "unknown_product"


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("product.toml", 'amount_column = "LIMIT_BAL"', 'amount_column = "LIMIT"', "amount_column names LIMIT"),
        ("product.toml", 'target = "default"', 'target = "AGE"', "the target AGE must be a flag"),
        ("product.toml", 'id_column = "ID"', 'id_column = "AGE"', "must be of the type id"),
        ("product.toml", 'birth_years_column = "AGE"', 'birth_years_column = "BORN"', "birth_years_column names BORN"),
        ("product.toml", 'birth_years_column = "AGE"', 'birthday = "AGE"', "birthday"),
        ("product.toml", 'currency = "TWD"\n', "", "currency"),
        ("product.toml", "horizon_months = 1", "horizon_months = 0", "horizon at least one month"),
        ("product.toml", "cost_false_positive = 1", "cost_false_positive = 0", "costs must be above 0"),
        ("product.toml", "[sections]", "[sections", "product.toml"),
        ("product.toml", "[tables.application]", "[tables.requests]", "requests.csv: No such file"),
        ("product.toml", 'years = { label_en = "years", label_fr = "ans" }\n', "", "years"),
        ("reasons.toml", "[missing_information]", "[something_else]", "missing_information is needed"),
        ("reasons.toml", 'favourable_fr = "Factures', 'favorable_fr = "Factures', "favorable_fr"),
        ("vocabularies.toml", "[sex]", "[gender]", "sex"),
        ("vocabularies.toml", '9 = ["9', '10 = ["9', "names whole numbers of its range, not '10'"),
        ("dictionary/application.csv", ",balance,", ",saldo,", "unknown reason 'saldo'"),
        ("dictionary/application.csv", ",person,", ",people,", "unknown section 'people'"),
        ("dictionary/application.csv", "AGE,int,years,18,120", "AGE,int,years,120,18", "not under the maximum"),
        ("dictionary/application.csv", "AGE,int,", "AGE,whole,", "unknown dtype 'whole'"),
        ("dictionary/application.csv", "AGE,int,years,18", "AGE,int,years,old", "could not convert"),
        ("dictionary/application.csv", "SEX,category", "MARRIAGE,category", "MARRIAGE is there twice"),
        (
            "dictionary/application.csv",
            "no,no,yes,no,no,no,person,,Sex",
            "no,no,yes,yes,no,no,person,,Sex",
            "protected",
        ),
        (
            "dictionary/application.csv",
            "no,no,yes,no,no,no,person,,Sex",
            "no,no,maybe,no,no,no,person,,Sex",
            "yes or no",
        ),
        ("dictionary/application.csv", "label_fr", "label_de", "label_fr"),
    ],
)
def test_contract_that_does_not_fit_together_says_where(own, file, before, after, said):
    change(own / file, before, after)
    with pytest.raises(ContractError) as caught:
        load_contract("own_card")
    assert said in caught.value.message
    assert caught.value.code == "contract_unreadable"


def test_products_dir_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODUCTS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ContractError, match=r"PRODUCTS_DIR=.*nowhere: there is no such folder"):
        available_products()


def test_a_file_that_is_not_there_is_named(own):
    (own / "dictionary" / "application.csv").unlink()
    with pytest.raises(ContractError, match=r"application\.csv"):
        load_contract("own_card")


def test_a_spoilt_example_is_named(own):
    (own / "example.json").write_text("{", encoding="utf-8")
    with pytest.raises(ContractError, match=r"example\.json"):
        example_file("own_card")


def test_an_example_may_be_left_out(own):
    (own / "example.json").unlink()
    assert example_file("own_card") is None


def test_examples_are_plain_json():
    for product in PRODUCTS:
        json.dumps(example_file(product), allow_nan=False)
