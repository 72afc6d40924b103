from django.contrib import admin

from common.admin import RecordAdmin
from scoring.models import ModelVersion, Policy, Score


@admin.register(ModelVersion)
class ModelVersionAdmin(RecordAdmin):
    list_display = ("version", "product", "state", "registered_at", "promoted_at")
    exclude = ("manifest",)


@admin.register(Policy)
class PolicyAdmin(RecordAdmin):
    list_display = ("product", "version", "cutoff", "high_amount", "created_at")


@admin.register(Score)
class ScoreAdmin(RecordAdmin):
    list_display = ("created_at", "application", "risk_grade", "score_points", "recommendation", "model_version")
    list_select_related = ("application", "model_version")
    exclude = ("features",)
    show_full_result_count = False
