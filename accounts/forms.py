from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role, Scope
from accounts.models import Branch, User
from accounts.services import REQUESTS_PER_MINUTE
from common.http import validate_network
from common.plain_names import plain_name

OVERLAPS = [(0, _("none: the old key ends now")), (1, _("1 hour")), (24, _("1 day")), (168, _("7 days"))]


class ApiKeyForm(forms.Form):
    """What a new key may do, for whom, from where and for how long."""

    name = forms.CharField(label=_("Name of the system"), max_length=80, validators=[plain_name])
    branch = forms.ModelChoiceField(
        Branch.objects.all(), label=_("Branch"), help_text=_("It sees the cases of this branch only.")
    )
    scopes = forms.MultipleChoiceField(choices=Scope, label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    acts_for = forms.ModelChoiceField(
        User.objects.filter(role__in=[Role.OFFICER, Role.SENIOR], is_active=True).order_by("last_name", "username"),
        label=_("Decides in the name of"),
        required=False,
        help_text=_("Only a key that may decide needs an officer."),
    )
    days = forms.IntegerField(
        label=_("Valid for"), min_value=1, max_value=3650, initial=365, help_text=_("Rotate it before it ends.")
    )
    requests_per_minute = forms.IntegerField(
        label=_("Requests a minute"), min_value=1, max_value=100_000, initial=REQUESTS_PER_MINUTE
    )
    networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One network per line, such as 203.0.113.0/24. Empty: from anywhere."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].unit = _("days")  # type: ignore[attr-defined]  # shown by the field component
        for name in ("name", "days", "requests_per_minute"):
            self.fields[name].widget.attrs["class"] = "form-control"
        for name in ("branch", "acts_for"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.fields["networks"].widget.attrs["class"] = "form-control"

    def clean_networks(self) -> list[str]:
        networks: list[str] = self.cleaned_data["networks"].split()
        for network in networks:
            validate_network(network)
        return networks

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if Scope.DECISIONS_WRITE in values.get("scopes", []) and not values.get("acts_for"):
            self.add_error("acts_for", _("A key that may decide needs the officer it decides for."))
        return values

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the service."""
        values = dict(self.cleaned_data)
        values["expires_at"] = timezone.now() + timedelta(days=values.pop("days"))
        return values


class RotateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        choices=OVERLAPS, coerce=int, initial=24, label=_("How long the old key still works")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlap"].widget.attrs["class"] = "form-select"
