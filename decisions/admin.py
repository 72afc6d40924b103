from django.contrib import admin

from common.admin import RecordAdmin
from decisions.models import (
    CaseNote,
    Contest,
    ContestAnswer,
    CounterOffer,
    Decision,
    FileAmendment,
    OfferAnswer,
    Override,
    Referral,
    Review,
)


class SealedRecordAdmin(RecordAdmin):
    """Notes are encrypted with the applicant's key and are read on the case only."""

    exclude = ("note_encrypted",)
    show_full_result_count = False


@admin.register(Decision)
class DecisionAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "stage", "outcome", "decided_by", "confirmed_by")
    list_filter = ("outcome", "stage")
    list_select_related = ("application", "decided_by", "confirmed_by")


@admin.register(Override)
class OverrideAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "direction", "reason", "proposed_by")
    list_select_related = ("application", "proposed_by")


@admin.register(Review)
class ReviewAdmin(SealedRecordAdmin):
    list_display = ("created_at", "override", "verdict", "reviewer")
    list_select_related = ("override", "reviewer")


@admin.register(Referral)
class ReferralAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "referred_by")
    list_select_related = ("application", "referred_by")


@admin.register(CounterOffer)
class CounterOfferAdmin(RecordAdmin):
    list_display = ("created_at", "application", "recommendation", "valid_until")
    list_select_related = ("application",)
    show_full_result_count = False


@admin.register(OfferAnswer)
class OfferAnswerAdmin(RecordAdmin):
    list_display = ("created_at", "offer", "reply", "recorded_by")
    list_select_related = ("offer", "recorded_by")
    show_full_result_count = False


@admin.register(Contest)
class ContestAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "received_on", "due_on", "recorded_by")
    list_select_related = ("application", "recorded_by")


@admin.register(ContestAnswer)
class ContestAnswerAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "outcome", "reviewer")
    list_filter = ("outcome",)
    list_select_related = ("application", "reviewer")


@admin.register(FileAmendment)
class FileAmendmentAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "amended_by")
    list_select_related = ("application", "amended_by")


@admin.register(CaseNote)
class CaseNoteAdmin(SealedRecordAdmin):
    list_display = ("created_at", "application", "written_by")
    list_select_related = ("application", "written_by")
