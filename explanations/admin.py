from django.contrib import admin

from common.admin import RecordAdmin
from explanations.models import Explanation


@admin.register(Explanation)
class ExplanationAdmin(RecordAdmin):
    list_display = ("created_at", "score_id", "bundle_checksum")
    exclude = ("contributions", "population")
    show_full_result_count = False
