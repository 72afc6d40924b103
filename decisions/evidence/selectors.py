"""What the page of evidence shows beside the records themselves."""

from typing import Any

from scoring.models import Score


def feature_rows(score: Score) -> list[dict[str, Any]]:
    """Every feature as the model read it, with what it added; the strongest first."""
    explanation = getattr(score, "explanation", None)
    if explanation is None:
        return [{"feature": name, "value": value, "contribution": None} for name, value in score.features.items()]
    return [
        {
            "feature": row["feature"],
            "value": score.features.get(row["feature"]),
            "contribution": row["contribution"],
        }
        for row in explanation.contributions
    ]
