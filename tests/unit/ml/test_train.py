import numpy as np
import pandas as pd
import pytest

from ml.cutoff import CostMatrix
from ml.errors import TrainingError
from ml.folds import stratified_folds
from ml.metrics import auc_interval
from ml.progress import silent
from ml.train import _fit_all, _recipes, train
from ml.training_config import TrainingConfig, load_config
from ml.training_data import prepare


def refused(frame, contract, specification, config) -> TrainingError:
    with pytest.raises(TrainingError) as caught:
        train(frame, contract, specification, config)
    return caught.value


def test_figures_beside_both_baselines(outcome):
    model, defaults, everyone = outcome.evaluations
    assert (defaults.name, everyone.name) == ("lightgbm_defaults", "accept_everyone")
    rate = outcome.data.is_default.mean()
    assert everyone.cost_per_client == pytest.approx(10 * rate)
    assert (everyone.approval_rate, everyone.gini, everyone.calibration_slope) == (1.0, 0.0, None)
    assert model.auc.lower < model.auc.value < model.auc.upper
    assert model.auc.value > 0.7
    assert model.gini == pytest.approx(2 * model.auc.value - 1)
    assert len(model.fold_auc) == 3


def test_the_cutoff_is_where_both_errors_cost_the_same(outcome, contract):
    costs = CostMatrix(contract.cost_false_negative, contract.cost_false_positive)
    assert outcome.cutoff == costs.break_even


def test_deciles_cover_every_row(outcome):
    assert sum(decile.rows for decile in outcome.deciles) == len(outcome.data.frame)
    assert all(decile.lower <= decile.expected <= decile.upper for decile in outcome.deciles)
    assert any(decile.agrees for decile in outcome.deciles)


def test_the_same_rows_in_any_order_give_the_same_model(outcome, applicants, contract, specification, config):
    again = train(applicants.sample(frac=1, random_state=5), contract, specification, config)
    assert again.booster.model_to_string() == outcome.booster.model_to_string()
    assert again.calibration == outcome.calibration
    assert again.data.sha256 == outcome.data.sha256


def test_one_changed_value_changes_the_digest(outcome, applicants, contract, specification, config):
    changed = applicants.copy()
    changed.loc[0, "AMT_CREDIT"] += 1
    assert train(changed, contract, specification, config).data.sha256 != outcome.data.sha256


def test_a_target_that_means_nothing_is_not_learnt(applicants, contract, specification, config):
    shuffled = applicants.copy()
    target = np.random.default_rng(4).permutation(shuffled[contract.target])
    shuffled[contract.target] = target
    fold = stratified_folds(shuffled[contract.target].to_numpy(dtype=float), config.folds, config.seed)
    data = prepare(shuffled, contract, specification, config.folds)
    margins, _ = _fit_all(*_recipes(data, contract, config), data.is_default, fold, silent)
    interval = auc_interval(data.is_default, margins["model"])
    assert interval.lower < 0.5 < interval.upper


def test_constant_and_missing_columns_are_dropped_and_named(applicants, contract, specification, config):
    frame = applicants.assign(AMT_INCOME_TOTAL=50_000.0, EXT_SOURCE_1=np.nan)
    said: list[str] = []
    found = train(frame, contract, specification, config, progress=said.append)
    assert {"AMT_INCOME_TOTAL", "EXT_SOURCE_1", "external_score_1_2"} <= set(found.data.dropped)
    assert "credit_to_income" in found.specification.names
    assert any("AMT_INCOME_TOTAL" in line for line in said)
    assert found.data.matrix.shape[1] == len(found.specification.names) == found.booster.num_feature()


def test_an_absent_column_is_refused(applicants, contract, specification, config):
    error = refused(applicants.drop(columns="OWN_CAR_AGE"), contract, specification, config)
    assert error.code == "contract_broken"
    assert "OWN_CAR_AGE" in error.message


def test_no_row(applicants, contract, specification, config):
    assert refused(applicants.head(0), contract, specification, config).code == "training_empty"


def test_no_target(applicants, contract, specification, config):
    frame = applicants.drop(columns=contract.target)
    assert refused(frame, contract, specification, config).code == "target_missing"


def test_target_missing_in_some_rows(applicants, contract, specification, config):
    frame = applicants.copy()
    frame[contract.target] = frame[contract.target].where(frame.index > 2)
    error = refused(frame, contract, specification, config)
    assert error.code == "target_missing"
    assert "3 of 600" in error.message


@pytest.mark.parametrize("value", [0, 1])
def test_one_class(applicants, contract, specification, config, value):
    assert refused(applicants.assign(TARGET=value), contract, specification, config).code == "one_class"


def test_too_few_rows_for_the_folds(applicants, contract, specification, config):
    assert refused(applicants.head(40), contract, specification, config).code == "too_few_rows"


def test_duplicate_ids(applicants, contract, specification, config):
    twice = pd.concat([applicants, applicants.head(2)], ignore_index=True)
    error = refused(twice, contract, specification, config)
    assert error.code == "duplicate_id"
    assert "2 rows" in error.message


def test_no_ids(applicants, contract, specification, config):
    assert refused(applicants.drop(columns="SK_ID_CURR"), contract, specification, config).code == "id_missing"


@pytest.mark.parametrize(
    ("column", "value"), [("AMT_CREDIT", -5.0), ("NAME_EDUCATION_TYPE", "higher education"), ("AMT_CREDIT", np.inf)]
)
def test_a_table_that_breaks_the_contract(applicants, contract, specification, config, column, value):
    frame = applicants.copy()
    frame.loc[3, column] = value
    error = refused(frame, contract, specification, config)
    assert error.code == "contract_broken"
    assert column in error.message


def test_a_target_that_is_no_outcome(applicants, contract, specification, config):
    frame = applicants.assign(TARGET=np.arange(len(applicants)) % 3)
    assert refused(frame, contract, specification, config).code == "contract_broken"


def test_nothing_to_learn_from(applicants, contract, specification, config):
    names = set(specification.names) - {"AMT_CREDIT"}
    frame = applicants.assign(AMT_CREDIT=1000.0)
    alone = specification.without(names)
    assert refused(frame, contract, alone, config).code == "no_features"


def test_wrong_parameters(applicants, contract, specification, config):
    wrong = TrainingConfig(0, 3, 5, 10, {"num_leaves": -1})
    assert refused(applicants, contract, specification, wrong).code == "fit_failed"


def test_folds_have_the_same_default_rate(outcome):
    fold = stratified_folds(outcome.data.is_default, outcome.config.folds, outcome.config.seed)
    rates = [outcome.data.is_default[fold == number].mean() for number in range(3)]
    assert max(rates) - min(rates) < 0.01


@pytest.mark.parametrize(
    "text", ["seed = ", "seed = 1", "seed=0\nfolds=1\nrounds=1\nreference_rows=5\n[lightgbm]\na=1"]
)
def test_an_unusable_configuration_is_refused(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(TrainingError) as caught:
        load_config("home_credit", path)
    assert caught.value.code == "config_unreadable"


def test_quick_is_the_same_procedure_in_fewer_steps():
    full, quick = load_config("home_credit"), load_config("home_credit", quick=True)
    assert quick.rounds < full.rounds
    assert quick.folds < full.folds
    assert quick.lightgbm.keys() == full.lightgbm.keys()
