from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models import Application, CreditFile
from common.append_only import AppendOnlyModel
from common.ids import new_id
from scoring.batches.models import Batch, BatchChunk
from scoring.enums import ModelState, Recommendation
from scoring.policy import PolicyTerms

__all__ = ["Batch", "BatchChunk", "ModelVersion", "Policy", "Score"]

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class ModelVersion(models.Model):
    """A signed bundle that the portal knows; at most one per product is the champion."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.CharField(_("version"), max_length=80, unique=True)
    product = models.CharField(_("product"), max_length=40)
    checksum = models.CharField(_("bundle checksum"), max_length=64)
    manifest = models.JSONField()
    state = models.CharField(_("state"), max_length=10, choices=ModelState, default=ModelState.REGISTERED)
    registered_at = models.DateTimeField(_("registered"), auto_now_add=True)
    promoted_at = models.DateTimeField(_("promoted"), null=True)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=models.Q(state=ModelState.CHAMPION), name="one_champion_per_product"
            )
        ]

    def __str__(self) -> str:
        return self.version


class Policy(AppendOnlyModel):
    """A version of the credit policy; the newest of a product is in force."""

    product = models.CharField(_("product"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    cutoff = models.FloatField(
        _("cutoff"), null=True, validators=SHARE, help_text=_("Empty: the cutoff the model was trained to.")
    )
    near_cutoff = models.FloatField(_("doubt around the cutoff"), default=0.1, validators=SHARE)
    thin_file_missing = models.FloatField(_("thin file: share missing"), default=0.25, validators=SHARE)
    out_of_range_features = models.PositiveSmallIntegerField(_("values out of range"), default=3)
    high_amount = models.DecimalField(_("high amount"), max_digits=14, decimal_places=2, null=True)
    most_debt_to_income = models.FloatField(
        _("largest share of income for repayments"), null=True, default=0.45, validators=SHARE
    )
    least_left = models.DecimalField(
        _("least left to live on, a month"), max_digits=14, decimal_places=2, null=True, default=None
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="policy_version_once"),
            models.CheckConstraint(
                condition=models.Q(cutoff__isnull=True) | models.Q(cutoff__gt=0, cutoff__lt=1),
                name="policy_cutoff_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.version}"

    def terms(self, model_cutoff: float) -> PolicyTerms:
        return PolicyTerms(
            cutoff=model_cutoff if self.cutoff is None else self.cutoff,
            near_cutoff=self.near_cutoff,
            thin_file_missing=self.thin_file_missing,
            out_of_range_features=self.out_of_range_features,
            high_amount=None if self.high_amount is None else Decimal(self.high_amount),
            most_debt_to_income=self.most_debt_to_income,
            least_left=None if self.least_left is None else Decimal(self.least_left),
        )


class Score(AppendOnlyModel):
    """What the model said of one file version, with everything needed to compute it again."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="scores")
    credit_file = models.ForeignKey(CreditFile, models.PROTECT, related_name="scores")
    model_version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="scores")
    bundle_checksum = models.CharField(max_length=64)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="scores")
    features = models.JSONField(help_text="Feature name to value as the model read it (float32), null where missing.")
    raw_margin = models.FloatField(help_text="Log-odds before calibration.")
    probability_of_default = models.FloatField(_("probability of default"))
    score_points = models.IntegerField(_("points"))
    risk_grade = models.CharField(_("grade"), max_length=2)
    cutoff = models.FloatField(_("cutoff"))
    recommendation = models.CharField(_("recommendation"), max_length=10, choices=Recommendation)
    policy_findings = models.JSONField(default=list)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("score")
        indexes = [
            models.Index(fields=["application", "-id"], name="score_latest"),
            models.Index(fields=["model_version", "-created_at"], name="score_by_model"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(probability_of_default__gte=0, probability_of_default__lte=1),
                name="score_probability_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.probability_of_default:.3f} {self.risk_grade}"

    @property
    def is_over_cutoff(self) -> bool:
        return self.probability_of_default > self.cutoff
