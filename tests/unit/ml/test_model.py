import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ml.errors import ContractError
from ml.reasons import principal_reasons


@pytest.fixture(scope="module")
def matrix(model, applicants):
    return model.matrix(applicants)


def test_contributions_add_up_to_the_raw_margin(model, matrix):
    found = model.contributions(matrix)
    margin = model.predict(matrix).raw_margin
    np.testing.assert_allclose(found.base_value + found.values.sum(axis=1), margin, atol=1e-9)


def test_contributions_equal_those_of_shap(model, matrix):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        expected = shap.TreeExplainer(model.booster).shap_values(matrix[:50])
    np.testing.assert_allclose(model.contributions(matrix[:50]).values, expected, atol=1e-9)


def test_contributions_of_nobody_are_refused(model, matrix):
    with pytest.raises(ContractError):
        model.contributions(matrix[:0])


def test_reasons_of_every_applicant_are_adverse_and_allowed(model, matrix):
    found = model.contributions(matrix)
    allowed = {feature.name for feature in model.specification.features if feature.reason_allowed}
    for values, row in zip(found.values, matrix, strict=True):
        by_name = dict(zip(model.feature_names, values, strict=True))
        for reason in principal_reasons(values, model.specification, row):
            assert reason.contribution > 0
            assert reason.features
            assert set(reason.features) <= allowed
            assert all(by_name[name] > 0 for name in reason.features)


def test_probability_is_the_calibrated_margin(model, matrix):
    found = model.predict(matrix)
    assert np.array_equal(found.probability_of_default, model.calibration.probability(found.raw_margin))
    assert np.array_equal(np.argsort(found.raw_margin), np.argsort(found.probability_of_default))


def test_one_row_scores_like_the_batch(model, matrix):
    whole = model.predict(matrix).probability_of_default
    single = [model.predict(matrix[place : place + 1]).probability_of_default[0] for place in range(50)]
    assert np.array_equal(whole[:50], single)


def test_threads_share_one_model(model, matrix):
    whole = model.predict(matrix).raw_margin
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: model.predict(matrix).raw_margin, range(32)))
    assert all(np.array_equal(whole, answer) for answer in answers)


def test_a_file_scores_like_its_row(model, applicants, contract):
    row = applicants.drop(columns=contract.target).iloc[0]
    file = {"application": {name: None if value != value else value for name, value in row.items()}}
    assert model.features(file).tobytes() == model.matrix(applicants.head(1)).tobytes()


def test_monotone_signs_hold_on_the_trained_model(model, matrix):
    for place, feature in enumerate(model.specification.features):
        if not feature.monotone:
            continue
        swept = np.repeat(matrix[:20], 25, axis=0)
        swept[:, place] = np.tile(np.linspace(0, 1, 25, dtype=np.float32), 20)
        margin = model.predict(swept).raw_margin.reshape(20, 25)
        assert np.all(np.diff(margin, axis=1) * feature.monotone >= -1e-12), feature.name


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 3), np.float32), np.zeros((1, 110), np.float64), np.zeros(110, np.float32)]
)
def test_another_matrix_is_refused(model, wrong):
    with pytest.raises(ContractError) as caught:
        model.predict(wrong)
    assert caught.value.code == "matrix_wrong"


def test_no_rows_give_no_scores(model, matrix):
    assert model.predict(matrix[:0]).probability_of_default.shape == (0,)


def test_out_of_range_counts_features_beyond_the_training_rows(model, matrix):
    assert model.out_of_range(matrix[:1]) == 0
    far = matrix[:1].copy()
    far[0, model.feature_names.index("AMT_CREDIT")] = 1e9
    far[0, model.feature_names.index("AMT_ANNUITY")] = -1
    assert model.out_of_range(far) == 2


def test_unseen_names_only_what_the_model_reads(model):
    assert model.unseen({"application": {"AMT_CREDIT": 1000.0}}) == []
    found = model.unseen({"application": {"OCCUPATION_TYPE": "Astronauts"}})
    assert [problem.pointer for problem in found] == ["/application/OCCUPATION_TYPE"]


def test_what_a_bundle_tells(model, outcome, contract):
    assert 0 < model.cutoff < 1
    assert model.manifest["training"]["data_sha256"] == outcome.data.sha256
    assert len(model.reference) == 50
    assert contract.id_column not in model.reference
    assert model.reference["probability_of_default"].between(0, 1).all()
    assert model.version in model.card
    assert "cost per client" in model.card


@pytest.mark.parametrize("name", ["EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"])
def test_a_better_external_score_never_raises_the_probability(model, applicants, name):
    """End to end: through the raw column and every feature made of it."""
    steps = 41
    frame = applicants.head(30)
    swept = frame.loc[frame.index.repeat(steps)].assign(**{name: np.tile(np.linspace(0, 1, steps), len(frame))})
    margin = model.predict(model.matrix(swept)).raw_margin.reshape(len(frame), steps)
    assert np.diff(margin, axis=1).max() <= 1e-12
