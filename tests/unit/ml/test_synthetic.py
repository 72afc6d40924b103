"""The generator: same seed same bits, valid rows, kept rules, the portfolio's shape and difficulty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.contract import load_contract
from ml.synthetic import fidelity_report, generate, generate_applications, generate_parts, people, write
from ml.synthetic import tables as tables_module
from ml.synthetic.application import draw_outcomes
from ml.synthetic.parameters import FOLDER, triangular_factor
from ml.synthetic.tables import FIRST_ID, TABLES
from ml.validation import validate_file, validate_frame

N = 3000


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return generate(N, seed=11)


@pytest.fixture(scope="module")
def application(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["application"]


def test_generate_same_seed_same_tables() -> None:
    first, second = generate(60, seed=5), generate(60, seed=5)
    for name in TABLES:
        pd.testing.assert_frame_equal(first[name], second[name], check_exact=True)


def test_latent_correlation_survives_its_factor() -> None:
    correlation = np.array([[1.0, 0.9, -0.3], [0.9, 1.0, 0.0], [-0.3, 0.0, 1.0]])
    factor = triangular_factor(correlation)
    np.testing.assert_allclose(factor @ factor.T, correlation, atol=0.011)
    assert np.triu(factor, 1).sum() == 0


def test_generate_does_not_depend_on_threads() -> None:
    code = "from ml.synthetic import generate_applications as g; print(g(40, 7).to_json())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            cwd=FOLDER.parents[3],
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert runs[0] == runs[1]


def test_generate_other_seed_other_people() -> None:
    assert not generate_applications(20, seed=1).equals(generate_applications(20, seed=2))


@pytest.mark.parametrize("n", [1, 2, 17])
@pytest.mark.parametrize("seed", [0, 1])
def test_generate_few_applicants(n: int, seed: int) -> None:
    contract = load_contract()
    drawn = generate(n, seed)
    assert len(drawn["application"]) == n
    for name in TABLES:
        assert list(drawn[name].columns) == list(generate(40, 3)[name].columns)
        assert [p for p in validate_frame(contract, name, drawn[name]) if p.code != "empty"] == []


@pytest.mark.parametrize("n", [0, -3])
def test_generate_refuses_nobody(n: int) -> None:
    with pytest.raises(ValueError, match="At least one applicant"):
        generate(n, seed=0)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_keeps_the_contract(tables: dict[str, pd.DataFrame], name: str) -> None:
    problems = validate_frame(load_contract(), name, tables[name], require_target=name == "application")
    assert [problem.message for problem in problems] == []


def test_credit_file_of_a_drawn_applicant_is_valid(tables: dict[str, pd.DataFrame]) -> None:
    contract = load_contract()
    for key in tables["application"]["SK_ID_CURR"].head(20):
        assert validate_file(contract, _credit_file(tables, key)) == []


def _credit_file(tables: dict[str, pd.DataFrame], key: int) -> dict[str, object]:
    owned = {name: frame[frame["SK_ID_CURR"] == key] for name, frame in tables.items() if "SK_ID_CURR" in frame}
    balances = tables["bureau_balance"]
    owned["bureau_balance"] = balances[balances["SK_ID_BUREAU"].isin(owned["bureau"]["SK_ID_BUREAU"])]
    documents = {name: json.loads(frame.to_json(orient="records")) for name, frame in owned.items()}
    applicant = documents.pop("application")[0]
    del applicant["TARGET"]
    return {"application": applicant, **documents}


def test_keys_are_unique_far_from_genuine_ones_and_consistent(tables: dict[str, pd.DataFrame]) -> None:
    applicants = tables["application"]["SK_ID_CURR"]
    assert applicants.tolist() == list(range(FIRST_ID, FIRST_ID + N))
    assert tables["bureau"]["SK_ID_BUREAU"].is_unique
    assert tables["previous_application"]["SK_ID_PREV"].is_unique
    owners = tables["previous_application"].set_index("SK_ID_PREV")["SK_ID_CURR"]
    for name in ("POS_CASH_balance", "installments_payments", "credit_card_balance"):
        rows = tables[name]
        assert (owners.loc[rows["SK_ID_PREV"]].to_numpy() == rows["SK_ID_CURR"].to_numpy()).all()
    assert tables["bureau"]["SK_ID_CURR"].isin(applicants).all()
    assert tables["bureau_balance"]["SK_ID_BUREAU"].isin(tables["bureau"]["SK_ID_BUREAU"]).all()


@pytest.mark.parametrize("name", ["bureau_balance", "POS_CASH_balance", "credit_card_balance"])
def test_one_balance_a_month(tables: dict[str, pd.DataFrame], name: str) -> None:
    key = "SK_ID_BUREAU" if name == "bureau_balance" else "SK_ID_PREV"
    assert not tables[name].duplicated([key, "MONTHS_BALANCE"]).any()


def test_chunks_continue_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "CHUNK", 20)
    told: list[tuple[int, int]] = []
    drawn = generate(50, seed=4, progress=lambda done, total: told.append((done, total)))
    assert told == [(20, 50), (40, 50), (50, 50)]
    assert drawn["application"]["SK_ID_CURR"].is_unique
    assert drawn["previous_application"]["SK_ID_PREV"].is_unique
    pd.testing.assert_frame_equal(drawn["application"], generate_applications(50, seed=4))


def test_rules_of_an_application_hold(application: pd.DataFrame) -> None:
    pensioner = application["NAME_INCOME_TYPE"] == "Pensioner"
    assert ((application["DAYS_EMPLOYED"] == 365243) == pensioner).all()
    assert ((application["ORGANIZATION_TYPE"] == "XNA") == pensioner).all()
    assert ((application["FLAG_EMP_PHONE"] == 0) == pensioner).all()
    assert application.loc[pensioner, "OCCUPATION_TYPE"].isna().all()
    worked = application[~pensioner]
    assert (worked["DAYS_EMPLOYED"] >= worked["DAYS_BIRTH"] + 18 * 365).all()
    assert application.loc[application["FLAG_OWN_CAR"] == "N", "OWN_CAR_AGE"].isna().all()
    couple = application["NAME_FAMILY_STATUS"].isin(["Married", "Civil marriage"])
    assert (application["CNT_FAM_MEMBERS"] == application["CNT_CHILDREN"] + 1 + couple).all()


def test_loan_amounts_belong_together(application: pd.DataFrame) -> None:
    term = application["AMT_CREDIT"] / application["AMT_ANNUITY"]
    ratio = application["AMT_CREDIT"] / application["AMT_GOODS_PRICE"]
    assert term.between(7, 46).all()
    assert ratio.between(0.8, 1.7).all()


def test_building_columns_are_missing_in_blocks(application: pd.DataFrame) -> None:
    missing = application[["APARTMENTS_AVG", "APARTMENTS_MODE", "APARTMENTS_MEDI"]].isna()
    assert (missing.nunique(axis=1) == 1).all()
    both = application["APARTMENTS_AVG"].isna() & application["ENTRANCES_AVG"].isna()
    assert both.mean() > 0.4


@pytest.mark.parametrize(("column", "rate"), [("EXT_SOURCE_1", 0.56), ("EXT_SOURCE_2", 0.002), ("EXT_SOURCE_3", 0.2)])
def test_external_sources_are_missing_at_their_rates(application: pd.DataFrame, column: str, rate: float) -> None:
    assert application[column].isna().mean() == pytest.approx(rate, abs=0.03)


@pytest.mark.parametrize("seed", range(5))
def test_default_rate_is_eight_percent(seed: int) -> None:
    assert generate_applications(4000, seed)["TARGET"].mean() == pytest.approx(0.08, abs=0.005)


def test_outcomes_sum_to_the_expected_number() -> None:
    probability = np.random.default_rng(0).random(500) * 0.3
    outcomes = draw_outcomes(probability, np.random.default_rng(1))
    assert set(outcomes.tolist()) == {0, 1}
    assert abs(outcomes.sum() - probability.sum()) <= 1


def test_risky_applicants_have_riskier_histories() -> None:
    drawn = generate(10_000, seed=2)
    outcome = drawn["application"].set_index("SK_ID_CURR")["TARGET"]
    refused = drawn["previous_application"].assign(bad=lambda d: d["NAME_CONTRACT_STATUS"] == "Refused")
    late = drawn["installments_payments"].assign(bad=lambda d: d["DAYS_ENTRY_PAYMENT"] > d["DAYS_INSTALMENT"] + 5)
    overdue = drawn["POS_CASH_balance"].assign(bad=lambda d: d["SK_DPD"] > 0)
    active = drawn["bureau"].assign(bad=lambda d: d["CREDIT_ACTIVE"] == "Active")
    for rows in (refused, late, overdue, active):
        shares = rows.groupby(outcome.loc[rows["SK_ID_CURR"]].to_numpy())["bad"].mean()
        assert shares[1] > 1.05 * shares[0]


def test_sentinels_and_thin_files_occur(tables: dict[str, pd.DataFrame]) -> None:
    previous = tables["previous_application"]
    assert (previous["DAYS_LAST_DUE"] == 365243).any()
    assert (previous["NAME_GOODS_CATEGORY"] == "XNA").any()
    assert 0.1 < 1 - tables["bureau"]["SK_ID_CURR"].nunique() / N < 0.2


def test_fidelity_report_of_a_draw(tables: dict[str, pd.DataFrame]) -> None:
    report = fidelity_report(tables)
    assert report.correlation_error_mean < 0.03
    assert np.mean([column.distance for column in report.columns]) < 0.03
    assert max(column.distance for column in report.columns) < 0.12
    for count in report.counts:
        assert count.mean_drawn == pytest.approx(count.mean_wanted, rel=0.1)
    assert "| column | measure | distance |" in report.markdown()


def test_fidelity_report_sees_a_shifted_column(tables: dict[str, pd.DataFrame]) -> None:
    application = tables["application"]
    shifted = application.assign(EXT_SOURCE_2=application["EXT_SOURCE_2"] ** 4)
    distances = {c.column: c.distance for c in fidelity_report(tables | {"application": shifted}).columns}
    assert distances["EXT_SOURCE_2"] > 0.3


def test_people_are_repeatable_and_match_their_applications() -> None:
    on = date(2026, 11, 20)
    drawn = people(50, seed=9, on=on)
    rows = generate_applications(50, seed=9)
    assert drawn == people(50, seed=9, on=on, application=rows)
    assert [p.birth_date for p in drawn] == [on + timedelta(days=int(d)) for d in rows["DAYS_BIRTH"]]
    assert len({p.email for p in drawn}) == 50
    assert all(p.email.isascii() and p.email.endswith("@example.org") for p in drawn)
    assert {p.language for p in drawn} == {"fr", "en"}
    assert all(on.year - p.birth_date.year >= 18 for p in drawn)


def test_people_have_difficult_names_too() -> None:
    names = " ".join(f"{p.first_name} {p.last_name}" for p in people(400, seed=1))
    assert "'" in names
    assert "-" in names
    assert "é" in names
    assert max(map(len, names.split())) > 18


def test_people_refuse_another_number_of_rows() -> None:
    with pytest.raises(ValueError, match="3 people"):
        people(3, seed=0, application=generate_applications(2, seed=0))


def test_write_gives_what_generate_gives(tmp_path: Path) -> None:
    folder = write(40, 6, tmp_path / "data")
    drawn = generate(40, 6)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{'application_train' if name == 'application' else name}.parquet" for name in TABLES
    )
    for name in TABLES:
        stem = "application_train" if name == "application" else name
        pd.testing.assert_frame_equal(pd.read_parquet(folder / f"{stem}.parquet"), drawn[name])


def test_write_leaves_nothing_behind_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = generate(5, 0)

    def broken(n: int, seed: int, **_: object) -> Iterator[dict[str, pd.DataFrame]]:
        yield part
        raise OSError("No space left on device")

    monkeypatch.setattr(tables_module, "generate_parts", broken)
    with pytest.raises(OSError, match="No space"):
        write(10, 0, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_parts_cover_everybody() -> None:
    assert sum(len(part["application"]) for part in generate_parts(30, 1)) == 30


def test_parameters_stay_small_and_hold_no_rows() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < 600_000


@pytest.mark.slow
def test_plain_model_finds_the_genuine_difficulty() -> None:
    from lightgbm import LGBMClassifier
    from sklearn.metrics import roc_auc_score

    frame = generate_applications(30_000, seed=3)
    inputs = frame.drop(columns=["SK_ID_CURR", "TARGET"])
    inputs = inputs.apply(lambda c: c if pd.api.types.is_numeric_dtype(c) else c.astype("category"))
    seen = np.arange(len(frame)) % 5 > 0
    model = LGBMClassifier(n_jobs=1, verbose=-1).fit(inputs[seen], frame["TARGET"][seen])
    scores = model.predict_proba(inputs[~seen])[:, 1]
    assert roc_auc_score(frame["TARGET"][~seen], scores) == pytest.approx(0.74, abs=0.03)
