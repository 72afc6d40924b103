"""Logistic regression on standardised, imputed, one-hot inputs."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression

from ml.strategies.learning import Floats, Matrix, Predict, Sample, check_classes
from ml.strategies.preparing import as_float64, one_hot


def learn_logistic(sample: Sample) -> Predict:
    """Fit a ridge-penalised logistic regression; imputation, scale and levels are the sample's.

    Raises TrainingError ``one_class``.
    """
    check_classes(sample)
    prepare = one_hot(sample.inputs.specification)
    prepared = prepare.fit_transform(as_float64(sample.inputs.matrix))
    # Newton's method: a few steps even on the near-collinear columns that one-hot coding makes.
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200).fit(prepared, sample.is_default)

    def predict(matrix: Matrix) -> Floats:
        margin: Floats = model.decision_function(prepare.transform(as_float64(matrix)))
        return margin

    return predict
