from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications import wording
from applications.documents.content import MEDIA_TYPES
from applications.enums import WithdrawalReason
from ml.documents import DocumentKind
from ml.errors import Problem

ACCEPTED = ",".join(suffix for media_type in MEDIA_TYPES for suffix in media_type.suffixes)


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is it?"), error_messages={"required": _("Choose what the document is.")})
    document = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the service says it
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ACCEPTED}),
    )

    def __init__(self, kinds: Sequence[DocumentKind], limit: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((kind.key, wording.label_of(kind)) for kind in kinds)]
        field: Any = self.fields["kind"]
        field.widget = forms.Select(attrs={"class": "form-select"})
        field.choices = choices
        self.fields["document"].help_text = _("PDF, JPEG or PNG, at most %(limit)s MB.") % {"limit": limit}

    def add_problems(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self.add_error(problem.pointer.removeprefix("/"), problem.message)


class WithdrawalForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why does it no longer count?"),
        choices=[("", "–"), *WithdrawalReason.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
