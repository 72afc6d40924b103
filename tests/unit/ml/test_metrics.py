import numpy as np
import pytest
import sklearn.metrics
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ml import metrics

LABELS = [0, 0, 1, 1]
SCORES = [0.1, 0.4, 0.35, 0.8]
PAIRED = [
    metrics.auc,
    metrics.auc_interval,
    metrics.gini,
    metrics.ks,
    metrics.average_precision,
    metrics.calibration_slope_intercept,
]


@pytest.fixture
def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = (rng.random(2000) < 0.1).astype(float)
    # Rounded, so that there are ties within and between the classes.
    return labels, np.round(1 / (1 + np.exp(2.0 - labels - rng.normal(size=2000))), 2)


def test_by_hand():
    # Of the four pairs one is wrong way round: (0.4, 0.35).
    assert metrics.auc(LABELS, SCORES) == 0.75
    assert metrics.gini(LABELS, SCORES) == 0.5
    assert metrics.ks(LABELS, SCORES) == 0.5
    assert metrics.brier_score(LABELS, SCORES) == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)


def test_agrees_with_other_libraries(sample):
    labels, scores = sample
    assert metrics.auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert metrics.brier_score(labels, scores) == pytest.approx(brier_score_loss(labels, scores), abs=1e-12)
    assert metrics.average_precision(labels, scores) == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
    expected = ks_2samp(scores[labels == 1], scores[labels == 0]).statistic
    assert metrics.ks(labels, scores) == pytest.approx(expected, abs=1e-12)


def test_log_loss_agrees_with_scikit_learn_and_bounds_certainty(sample):
    labels, scores = sample
    inside = np.clip(scores, 0.01, 0.99)
    assert metrics.log_loss(labels, inside) == pytest.approx(sklearn.metrics.log_loss(labels, inside), abs=1e-12)
    assert metrics.log_loss([1.0], [0.0]) == pytest.approx(-np.log(metrics.EPSILON))


def test_average_precision_of_one_score_for_all_is_the_default_rate():
    assert metrics.average_precision([0, 0, 0, 1], [0.2] * 4) == 0.25


def test_calibration_agrees_with_scikit_learn(sample):
    labels, scores = sample
    scores = np.clip(scores, 0.01, 0.99)
    log_odds = np.log(scores / (1 - scores))
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], labels)
    slope, intercept = metrics.calibration_slope_intercept(labels, scores)
    assert slope == pytest.approx(fitted.coef_[0, 0], abs=1e-5)
    assert intercept == pytest.approx(fitted.intercept_[0], abs=1e-5)


def test_delong_interval_agrees_with_bootstrap(sample):
    labels, scores = sample
    found = metrics.auc_interval(labels, scores)
    assert found.value == pytest.approx(metrics.auc(labels, scores), abs=1e-12)
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, len(labels), len(labels)) for _ in range(300)]
    spread = np.std([metrics.auc(labels[rows], scores[rows]) for rows in draws])
    assert (found.upper - found.lower) / (2 * 1.96) == pytest.approx(spread, rel=0.15)


def test_delong_interval_with_one_defaulter_stays_within_bounds():
    assert metrics.auc_interval([0, 0, 1], [0.1, 0.3, 0.9]) == metrics.Interval(1.0, 1.0, 1.0)


def test_ties_count_one_half():
    assert metrics.auc([0, 1], [0.5, 0.5]) == 0.5
    assert metrics.ks([0, 1], [0.5, 0.5]) == 0.0


def test_gini_changes_sign_with_the_score(sample):
    labels, scores = sample
    assert metrics.gini(labels, -scores) == pytest.approx(-metrics.gini(labels, scores), abs=1e-12)


def test_calibrated_probabilities_have_slope_one():
    rng = np.random.default_rng(2)
    probability = rng.uniform(0.01, 0.5, 100_000)
    labels = rng.random(100_000) < probability
    slope, intercept = metrics.calibration_slope_intercept(labels, probability)
    assert slope == pytest.approx(1.0, abs=0.03)
    assert intercept == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("metric", PAIRED)
@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_one_class_is_refused(metric, labels):
    with pytest.raises(ValueError, match="one class"):
        metric(labels, [0.1, 0.2, 0.3])


@pytest.mark.parametrize("metric", [*PAIRED, metrics.brier_score, metrics.cost_per_client])
@pytest.mark.parametrize(
    ("labels", "scores"),
    [([0, 1], [np.nan, 0.2]), ([np.nan, 1], [0.1, 0.2]), ([0, 1, 1], [0.1, 0.2]), ([], []), ([0, 2], [0.1, 0.2])],
)
def test_unusable_input_is_refused(metric, labels, scores):
    with pytest.raises(ValueError, match=r"NaN|length|0 or 1"):
        metric(labels, scores)


def test_a_logistic_fit_survives_a_full_newton_step_that_overshoots():
    """Few defaults and hardly a margin over 0: the second end of a beta calibration is almost empty."""
    rng = np.random.default_rng(1)
    margin = np.minimum(rng.normal(-4, 3, 800), -1.0)
    margin[:2] = 2.0
    labels = (rng.random(800) < 1 / (1 + np.exp(1.5 - 0.3 * margin))).astype(float)
    inputs = np.column_stack([-np.logaddexp(0, -margin), np.logaddexp(0, margin)])
    for scale in (1.0, 1e-6, 1e6):
        ours = metrics.fit_logistic(inputs * scale, labels) * [scale, scale, 1.0]
        theirs = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(inputs, labels)
        assert ours == pytest.approx([*theirs.coef_[0], theirs.intercept_[0]], rel=1e-5)


@pytest.mark.parametrize("scores", [[0.1, 0.2, 0.8, 0.9], [0.5, 0.5, 0.5, 0.5]])
def test_calibration_of_separated_or_constant_scores_is_refused(scores):
    with pytest.raises(ValueError, match="no logistic fit"):
        metrics.calibration_slope_intercept([0, 0, 1, 1], scores)


def test_cost_counts_both_errors():
    declined = metrics.is_declined([0.05, 0.2, 0.05, 0.2], 0.1)
    assert metrics.cost_per_client([0, 0, 1, 1], declined) == (10 + 1) / 4
    assert metrics.cost_per_client([0, 0, 1, 1], declined, cost_false_negative=3, cost_false_positive=2) == 5 / 4


def test_approval_rate():
    assert metrics.approval_rate([True, False, False, False]) == 0.75
    with pytest.raises(ValueError, match="No applications"):
        metrics.approval_rate([])
