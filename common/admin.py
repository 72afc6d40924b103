from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from common.models import Job, LedgerEvent


class RecordAdmin(ModelAdmin):
    """To look at only: a record is written by the portal's services and never changed or deleted."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(RecordAdmin):
    list_display = ("kind", "state", "attempts", "created_at", "finished_at", "error_code")
    list_filter = ("state", "kind")
    show_full_result_count = False


@admin.register(LedgerEvent)
class LedgerEventAdmin(RecordAdmin):
    list_display = ("occurred_at", "action", "subject_type", "subject_id", "actor_kind", "actor_id")
    list_filter = ("action",)
    show_full_result_count = False
