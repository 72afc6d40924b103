"""One applicant through the score path, step by step."""

from applications.models import CreditFile
from applications.selectors import document
from benchmarks import one_applicant
from benchmarks.timing import show
from ml.reasons import principal_reasons
from ml.validation import validate_file
from scoring import registry
from scoring.services import feature_vector


def measure() -> None:
    credit_file = CreditFile.objects.select_related("application__applicant__subject_key").earliest("id")
    score = credit_file.scores.select_related("model_version").latest("id")
    model = registry.load(score.model_version)
    file = document(credit_file)
    matrix = model.features(file)
    rows = one_applicant.child_rows(file)
    show(f"decrypt and prove a file ({rows} child rows)", lambda: document(credit_file))
    show("hold the file against the contract", lambda: validate_file(model.contract, file))
    show("build the features", lambda: model.features(file), runs=200)
    show("predict", lambda: model.predict(matrix), runs=200)
    show("contributions", lambda: model.contributions(matrix), runs=200)
    values = model.contributions(matrix).values[0]
    show("principal reasons", lambda: principal_reasons(values, model.specification, matrix[0]), runs=200)
    show("stored features back to a row", lambda: feature_vector(score, model), runs=200)
    one_applicant.measure()
