from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from monitoring.models import CurrentTable, DriftReport, MetricValue, MonitoringRun


class RecordAdmin(ModelAdmin):  # type: ignore[misc]
    """Records are read here, never written."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MonitoringRun)
class MonitoringRunAdmin(RecordAdmin):
    list_display = ["created_at", "model_version", "source", "period_from", "period_to", "table"]
    list_select_related = ["model_version", "table"]
    list_filter = ["source"]


@admin.register(MetricValue)
class MetricValueAdmin(RecordAdmin):
    list_display = ["run", "kind", "feature", "value", "level", "current_count"]
    list_select_related = ["run"]
    list_filter = ["kind", "level"]


@admin.register(CurrentTable)
class CurrentTableAdmin(RecordAdmin):
    list_display = ["created_at", "name", "row_count", "model_version"]
    list_select_related = ["model_version"]
    exclude = ["matrix_parquet"]


@admin.register(DriftReport)
class DriftReportAdmin(RecordAdmin):
    list_display = ["created_at", "run", "library", "size"]
    list_select_related = ["run"]
    exclude = ["html_gzip"]
