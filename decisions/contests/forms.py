"""What is said about a contest, checked field by field before anything is written."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from common.plain_names import plain_text
from decisions.contests.policy import LONGEST_ANSWER, LONGEST_VIEW
from decisions.enums import ContestOutcome
from ml.errors import Problem


class ProblemsMixin(forms.Form):
    def add_problems(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            name = problem.pointer.strip("/")
            self.add_error(name if name in self.fields else None, problem.message)


class ContestForm(ProblemsMixin):
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day the letter or the message reached you."),
    )
    view = forms.CharField(
        label=gettext_lazy("The applicant's own view"),
        max_length=LONGEST_VIEW,
        validators=[plain_text],
        widget=forms.Textarea(attrs={"rows": 8, "class": "form-control"}),
        help_text=gettext_lazy("In the applicant's own words, whole; it is kept encrypted with the person's key."),
    )


class AnswerForm(ProblemsMixin):
    outcome = forms.ChoiceField(
        label=gettext_lazy("After your examination"),
        choices=[
            (ContestOutcome.UPHELD.value, gettext_lazy("The decision stands")),
            (ContestOutcome.OVERTURNED.value, gettext_lazy("The decision is taken back")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether the decision stands.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Your answer, as the applicant reads it"),
        max_length=LONGEST_ANSWER,
        validators=[plain_text],
        widget=forms.Textarea(attrs={"rows": 8, "class": "form-control"}),
    )

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = gettext_lazy("It stands in the letter word for word. Language of the letter: %(language)s.")
        self.fields["text"].help_text = words % {"language": language}
