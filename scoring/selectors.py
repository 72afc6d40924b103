from applications.models import Application
from scoring.models import Score


def current_score(application: Application) -> Score | None:
    """The newest score of the newest file version, or None when that version is not scored yet."""
    latest = application.latest_file
    if latest is None:
        return None
    scores = Score.objects.select_related("credit_file", "model_version", "policy")
    return scores.filter(credit_file=latest).order_by("-id").first()
