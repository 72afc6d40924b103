from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models import Application
from common.append_only import AppendOnlyModel
from monitoring.enums import Kind, Level, Source
from scoring.models import ModelVersion


class CurrentTable(AppendOnlyModel):
    """Applicants from outside as the model reads them: features only, without identifiers or protected attributes.

    Kept in the database, so that any worker can compute a run and compute it again.
    """

    model_version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="current_tables")
    name = models.CharField(_("file"), max_length=255)
    source_sha256 = models.CharField(max_length=64)
    row_count = models.PositiveIntegerField(_("rows"))
    matrix_parquet = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("current table")
        constraints = [
            models.UniqueConstraint(fields=["model_version", "source_sha256"], name="current_table_once_per_model")
        ]

    def __str__(self) -> str:
        return self.name


class MonitoringRun(AppendOnlyModel):
    """A question: did the current applicants move away from those the model was trained on? Its state is its jobs'."""

    model_version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="monitoring_runs")
    source = models.CharField(_("source"), max_length=10, choices=Source)
    period_from = models.DateTimeField(_("from"), null=True)
    period_to = models.DateTimeField(_("to"), null=True)
    table = models.ForeignKey(CurrentTable, models.PROTECT, null=True, related_name="runs")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("monitoring run")
        verbose_name_plural = _("monitoring runs")
        indexes = [models.Index(fields=["model_version", "-id"], name="monitoring_run_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(source=Source.PORTAL, table__isnull=True, period_from__lt=models.F("period_to"))
                | models.Q(source=Source.TABLE, table__isnull=False, period_from=None, period_to=None),
                name="monitoring_run_has_one_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} {self.source} {self.created_at:%Y-%m-%d}"


class MetricValue(AppendOnlyModel):
    """One figure of a run, with the counts and bins it was computed from."""

    run = models.ForeignKey(MonitoringRun, models.PROTECT, related_name="values")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    feature = models.CharField(_("feature"), max_length=120, blank=True)
    value = models.FloatField(_("value"))
    level = models.CharField(_("level"), max_length=10, choices=Level)
    reference_count = models.PositiveIntegerField(null=True)
    current_count = models.PositiveIntegerField()
    missing_reference = models.FloatField(null=True)
    missing_current = models.FloatField(null=True)
    bins = models.JSONField(default=dict, help_text="The frozen bins, with the shares then and now and the counts now.")
    facts = models.JSONField(default=dict, help_text="What else the figure rests on, such as the floor or the cutoff.")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("metric value")
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "feature"], name="metric_once_per_run_and_feature"),
            models.CheckConstraint(
                condition=models.Q(kind=Kind.CSI) ^ models.Q(feature=""), name="metric_feature_only_for_csi"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.feature} {self.value:.3f}"


class DriftReport(AppendOnlyModel):
    """The full report of evidently as one HTML file.

    In the database, not in a folder: workers and web servers share it wherever they run, one backup holds both
    the figures and the report, and it is as unchangeable as they are. Compressed it is about two megabytes.
    """

    run = models.OneToOneField(MonitoringRun, models.PROTECT, related_name="report")
    html_gzip = models.BinaryField()
    sha256 = models.CharField(max_length=64, help_text="Of the HTML before compression.")
    size = models.PositiveIntegerField(help_text="Bytes of the HTML before compression.")
    reference_count = models.PositiveIntegerField()
    current_count = models.PositiveIntegerField()
    left_out = models.JSONField(default=list, help_text="Labels of features without any value on one side.")
    library = models.CharField(max_length=40)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("drift report")

    def __str__(self) -> str:
        return f"{self.run_id} {self.library}"


class Outcome(AppendOnlyModel):
    """Whether a credit defaulted, as observed on a day; a correction is a new row that points at the old."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="outcomes")
    is_default = models.BooleanField(_("default"))
    observed_on = models.DateField(_("observed on"))
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(corrects=None), name="one_first_outcome_per_application"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.observed_on}"
