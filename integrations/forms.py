from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Branch
from common.errors import InvalidInput
from common.plain_names import plain_name
from integrations.enums import EventType
from integrations.services import check_url

OVERLAPS = [(0, _("none: the old secret ends now")), (1, _("1 hour")), (24, _("1 day")), (168, _("7 days"))]


class WebhookForm(forms.Form):
    """Who is told, where, and of what."""

    name = forms.CharField(label=_("Name of the system"), max_length=80, validators=[plain_name])
    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("Such as https://erp.example.org/credit-events.")
    )
    branch = forms.ModelChoiceField(
        Branch.objects.all(),
        label=_("Branch"),
        required=False,
        help_text=_("It is told of this branch only. Empty: of every branch."),
    )
    events = forms.MultipleChoiceField(
        choices=EventType, label=_("What it is told of"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "url"):
            self.fields[name].widget.attrs["class"] = "form-control"
        self.fields["url"].widget.attrs |= {"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        self.fields["branch"].widget.attrs["class"] = "form-select"

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url)
        except InvalidInput as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        return url


class RotateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        choices=OVERLAPS, coerce=int, initial=24, label=_("How long deliveries carry both signatures")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlap"].widget.attrs["class"] = "form-select"
