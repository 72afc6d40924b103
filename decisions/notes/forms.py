import uuid

from django import forms
from django.utils.translation import gettext_lazy

from common.plain_names import plain_text

LONGEST_NOTE = 4_000


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("New note"),
        max_length=LONGEST_NOTE,
        validators=[plain_text],
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Read by whoever may read the case, never changed. The applicant may ask to see it."),
        error_messages={"required": gettext_lazy("Write the note first.")},
    )
    submission = forms.CharField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)

    def clean_submission(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["submission"])
        except ValueError:
            return uuid.uuid4()
