from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.selectors import WINDOW_DAYS


class RunForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Scores of the last"),
        coerce=int,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("12 months"))],
        initial=WINDOW_DAYS,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
