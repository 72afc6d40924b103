"""The second product: its folder holds contract, features, configuration and data, and that is enough to train."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.bundle import load_model, load_public_key
from ml.cli import main
from ml.contract import load_contract
from ml.errors import ContractError
from ml.features import load_specification
from ml.keys import generate_key_pair, load_private_key
from ml.packaging import save_bundle
from ml.product_folders import product_folder
from ml.raw_tables import read_applicants
from ml.train import train
from ml.training_config import load_config
from ml.validation import read_table, validate_file, validate_frame

PRODUCT = "card_default"
CONTRACT = load_contract(PRODUCT)
DATA = product_folder(PRODUCT) / "data" / "application_train.parquet"
ROWS = 3000


@pytest.fixture(scope="module")
def clients() -> pd.DataFrame:
    return read_table(CONTRACT, DATA, "application")


@pytest.fixture(scope="module")
def trained(clients):
    config = replace(load_config(PRODUCT, quick=True), rounds=40)
    return train(clients.head(ROWS), CONTRACT, load_specification(PRODUCT), config)


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    private, public = generate_key_pair(folder)
    return load_model(save_bundle(trained, CONTRACT, folder, load_private_key(private)), load_public_key(public))


def test_data_that_come_with_the_product_keep_its_contract(clients):
    assert clients.shape == (30_000, 25)
    assert clients["default"].sum() == 6636
    assert validate_frame(CONTRACT, "application", clients, require_target=True) == []
    assert DATA.stat().st_size < 2_000_000
    assert "CC BY 4.0" in (DATA.parent / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_codes_without_documentation_are_kept_apart_and_named(clients):
    education, marriage = CONTRACT.application.column("EDUCATION"), CONTRACT.application.column("MARRIAGE")
    assert clients["EDUCATION"].isin(["0", "5", "6"]).sum() == 345
    assert clients["MARRIAGE"].eq("0").sum() == 54
    for column, codes in ((education, "056"), (marriage, "0")):
        assert all("ot documented" in column.category_labels[code][0] for code in codes)
    status = CONTRACT.application.column("PAY_0")
    assert {str(value) for value in clients["PAY_0"].unique()} <= set(status.category_labels)
    assert status.categories == ()


def test_protected_facts_and_education_are_no_inputs():
    kept_out = {"SEX", "MARRIAGE", "AGE", "EDUCATION", "ID", "default"}
    assert not kept_out & set(load_specification(PRODUCT).columns)
    assert {c.name for c in CONTRACT.application.columns if c.protected} == {"SEX", "MARRIAGE", "AGE"}


def test_model_learns_from_a_part_of_the_data(trained):
    own, _defaults, everyone = trained.evaluations
    assert own.auc.value > 0.74
    assert own.cost_per_client < everyone.cost_per_client
    assert trained.cutoff == pytest.approx(1 / 6)
    assert len(trained.specification.features) == 47


def test_bundle_scores_one_client_as_it_scores_the_table(model, clients):
    raw = next(read_applicants(CONTRACT, DATA.parent, limit=1))
    assert validate_file(CONTRACT, raw.file) == []
    one, many = model.features(raw.file), model.matrix(clients.head(50))
    row = clients["ID"].head(50).to_numpy() == raw.key
    assert np.array_equal(one, many[row], equal_nan=True)
    found = model.contributions(one)
    assert found.base_value + found.values.sum() == pytest.approx(float(model.predict(one).raw_margin[0]), rel=1e-9)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("PAY_0", 10, "out_of_range"),
        ("PAY_0", 0.5, "wrong_type"),
        ("PAY_0", "0", "wrong_type"),
        ("SEX", 1, "wrong_type"),
        ("SEX", "3", "unseen_category"),
        ("AGE", -12_000, "out_of_range"),
        ("PAY_AMT1", -1, "out_of_range"),
        ("PAY_1", 0, "unknown_column"),
        ("default", 1, "unknown_column"),
    ],
)
def test_bad_value_is_named(column, value, code):
    raw = next(read_applicants(CONTRACT, DATA.parent, limit=1))
    row = {**raw.file["application"], column: value}
    problems = validate_file(CONTRACT, {"application": row})
    assert [(problem.pointer, problem.code) for problem in problems] == [(f"/application/{column}", code)]


def test_a_month_left_out_is_refused_because_the_model_never_saw_one_missing():
    raw = next(read_applicants(CONTRACT, DATA.parent, limit=1))
    row = {name: value for name, value in raw.file["application"].items() if name != "BILL_AMT6"}
    assert [problem.code for problem in validate_file(CONTRACT, {"application": row})] == ["missing"]


def test_codes_stored_as_numbers_are_read_as_the_categories_they_are(tmp_path, clients):
    frame = clients.head(100).astype({"SEX": "int64", "EDUCATION": "float64", "MARRIAGE": "int8"})
    frame.drop(columns="EDUCATION").to_parquet(tmp_path / "numbers.parquet")
    read = read_table(CONTRACT, tmp_path / "numbers.parquet", "application", complete=False)
    assert list(read["SEX"]) == list(clients["SEX"].head(100))
    frame.to_parquet(tmp_path / "fractions.parquet")
    with pytest.raises(ContractError, match="EDUCATION: expected text"):
        read_table(CONTRACT, tmp_path / "fractions.parquet", "application")


def test_numbers_are_no_categories_where_the_categories_are_words(tmp_path):
    contract = load_contract("home_credit")
    pd.DataFrame({"SK_ID_BUREAU": [1], "MONTHS_BALANCE": [-1], "STATUS": [0]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ContractError, match="expected text"):
        read_table(contract, tmp_path / "b.parquet", "bureau_balance")


def test_training_takes_the_data_of_the_product_where_none_is_named(tmp_path, monkeypatch, trained, capsys):
    seen = {}

    def ready(frame, *_args, **_kwargs):
        seen["rows"] = len(frame)
        return trained

    monkeypatch.setattr("ml.cli.train", ready)
    folders = ["--out", str(tmp_path / "bundles"), "--keys", str(tmp_path / "keys")]
    assert main(["train", "--product", PRODUCT, *folders]) == 0
    assert seen["rows"] == 30_000
    assert main(["train", "--product", "home_credit", *folders]) == 1
    assert "No data come with home_credit" in capsys.readouterr().err
