from django.contrib import admin

from applications.models import Application, CreditFile
from common.admin import RecordAdmin


@admin.register(Application)
class ApplicationAdmin(RecordAdmin):
    """Without the applicant: who administers accounts has no need to know who asked for credit."""

    list_display = ("reference", "product", "branch", "status", "submitted_at")
    list_filter = ("status", "branch")
    exclude = ("applicant",)
    search_fields = ("reference", "external_id")
    show_full_result_count = False


@admin.register(CreditFile)
class CreditFileAdmin(RecordAdmin):
    list_display = ("application", "version", "source", "created_at", "sha256")
    exclude = ("document_encrypted",)
    show_full_result_count = False
