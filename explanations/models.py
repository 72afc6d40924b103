from django.db import models
from django.utils.translation import gettext_lazy as _

from common.append_only import AppendOnlyModel
from scoring.models import Score


class Explanation(AppendOnlyModel):
    """Why the model said what it said of one score. Contributions are in log-odds before calibration."""

    score = models.OneToOneField(Score, models.PROTECT, related_name="explanation")
    bundle_checksum = models.CharField(max_length=64)
    base_value = models.FloatField(help_text="Log-odds of the average applicant.")
    contributions = models.JSONField(help_text="Every feature: name, value, contribution, reason code.")
    principal_reasons = models.JSONField(help_text="At most four adverse reasons, strongest first.")
    population = models.JSONField(help_text="Where this applicant stands among the reference applicants.")
    counterfactuals = models.JSONField(default=list, help_text="Changes under which the advice would be better.")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("explanation")

    def __str__(self) -> str:
        return f"{self.score_id}"
