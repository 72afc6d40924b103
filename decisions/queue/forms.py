from django import forms
from django.utils.translation import gettext_lazy

from common.plain_names import plain_name


class QueueViewForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=40,
        validators=[plain_name],
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=gettext_lazy("Such as “Mine, late”. What was searched for is not kept: it may be a person's name."),
    )
    is_first = forms.BooleanField(
        label=gettext_lazy("Open the queue with it"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
