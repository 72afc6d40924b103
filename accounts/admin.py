from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.enums import Act, Role
from accounts.models import ApiKey, Branch, User
from accounts.permissions import may
from common import ledger
from common.admin import RecordAdmin

admin.site.unregister(Group)  # what a person may do follows from the role alone
admin.site.unregister([Authenticator, EmailAddress])  # each person keeps the own second factor


class AccessAdmin(ModelAdmin):
    """Administrators keep users and branches; nothing is deleted, because records point at both."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff and may(request.user, Act.MANAGE_ACCESS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action = f"{obj._meta.model_name}.{'changed' if change else 'created'}"
        ledger.record(action=action, subject=obj, actor=request.user.actor, facts=self.facts_of(obj, form.changed_data))

    def facts_of(self, obj: Any, changed: list[str]) -> dict[str, Any]:
        return {"fields": changed}


@admin.register(User)
class UserAdmin(BaseUserAdmin, AccessAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "role", "branch", "is_active")
    list_filter = ("role", "branch", "is_active")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language")}),
        (_("Access"), {"fields": ("role", "branch", "is_active")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "role", "branch", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        obj.is_staff = obj.role == Role.ADMINISTRATOR
        super().save_model(request, obj, form, change)

    def facts_of(self, obj: User, changed: list[str]) -> dict[str, Any]:
        """What the person may do and where, as it is now; their name and address stay out of the ledger."""
        now = {"role": obj.role, "branch": str(obj.branch_id or ""), "is_active": obj.is_active}
        return super().facts_of(obj, changed) | {name: now[name] for name in changed if name in now}

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        return answer

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Called for the form of a person and for that of their password, which no other hook knows of."""
        match = request.resolver_match
        if match and match.url_name == "auth_user_password_change":
            ledger.record(action="user.password_reset", subject=obj, actor=request.user.actor)
        return super().log_change(request, obj, message)


@admin.register(Branch)
class BranchAdmin(AccessAdmin):
    list_display = ("name", "code")


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    list_display = ("name", "prefix", "branch", "acts_for", "expires_at", "revoked_at", "last_used_at")
    exclude = ("secret_sha256",)
