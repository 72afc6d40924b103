"""What the officer and the second person say, checked field by field before anything is written."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import InvalidInput, in_words
from common.plain_names import plain_text
from decisions.enums import HIGH_SIDE_REASONS, LOW_SIDE_REASONS, Direction, Outcome, Verdict
from decisions.offer_forms import OfferForm
from decisions.offers.terms import Offered, offer_of
from decisions.policy import SHORTEST_NOTE, decision_problems, direction_of, sends_model_reasons
from decisions.selectors import CaseView
from decisions.services import DecisionInput
from explanations.wording import reason_text
from ml.errors import Problem

REFER = "refer"
TYPED = ("outcome", "reason_codes", "override_reason", "note")
CHOICES = [
    (Outcome.APPROVE.value, gettext_lazy("Approve")),
    (Outcome.COUNTER_OFFER.value, gettext_lazy("Make a counter-offer")),
    (Outcome.DECLINE.value, gettext_lazy("Decline")),
    (REFER, gettext_lazy("Refer to a senior officer")),
]


class DecisionForm(forms.Form):
    """The advice never pre-selects a decision; the reasons on record are ticked because a decline sends them."""

    score_id = forms.UUIDField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a decision.")},
    )
    reason_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Reasons to be sent to the applicant"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    override_reason = forms.ChoiceField(label=gettext_lazy("Your reason against the advice"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        validators=[plain_text],
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Needed when you refer the case or go against the advice."),
    )

    def __init__(self, case: CaseView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.offered: Offered | None = None
        self.offer = OfferForm(case.application.product, case.asked, self.data if self.is_bound else None)
        if not self.offer.fields:
            self.fields["outcome"].choices = [each for each in CHOICES if each[0] != Outcome.COUNTER_OFFER]
        on_record = case.explanation.principal_reasons if case.explanation else []
        self.principal_codes = [reason["reason_code"] for reason in on_record]
        self.fields["reason_codes"].choices = [(reason["reason_code"], reason_text(reason)) for reason in on_record]
        self.fields["override_reason"].choices = self._override_choices()
        self.fields["override_reason"].needed = True
        self.fields["override_reason"].widget.attrs["class"] = "form-select"

    @classmethod
    def empty(cls, case: CaseView) -> "DecisionForm":
        form = cls(case, initial={"score_id": case.score.id if case.score else None})
        form.initial["reason_codes"] = form.principal_codes
        return form

    @classmethod
    def as_typed(cls, case: CaseView, data: QueryDict) -> "DecisionForm":
        """What was typed, on the advice as it is now; nothing is judged yet."""
        form = cls.empty(case)
        form.initial |= {name: data.get(name, "") for name in TYPED if name != "reason_codes"}
        form.initial["reason_codes"] = data.getlist("reason_codes")
        form.offer.initial = {name: data.get(form.offer.add_prefix(name), "") for name in form.offer.fields}
        return form

    def direction_for(self, outcome: str) -> Direction | None:
        score = self.case.score
        if score is None or outcome == REFER:
            return None
        offered = self.offered is not None and self.offered.assessment.is_over_cutoff
        return direction_of(score.recommendation, outcome, over_cutoff=score.is_over_cutoff, offer_over_cutoff=offered)

    @property
    def direction(self) -> Direction | None:
        return self.direction_for(self.cleaned_data["outcome"])

    @property
    def against(self) -> list[str]:
        """The outcomes that would go against the advice; the page unfolds the second person's part for them."""
        return [value for value in Outcome.values if self.direction_for(value)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome == Outcome.COUNTER_OFFER:
            self._check_offer()
        if outcome == REFER:
            self._check_referral(cleaned.get("note", ""))
        elif outcome:
            self._check_decision(outcome, cleaned)
        return cleaned

    def input(self) -> DecisionInput:
        data = self.cleaned_data
        return DecisionInput(
            score_id=data["score_id"],
            outcome=data["outcome"],
            reason_codes=self.sent_codes(),
            override_reason=data["override_reason"] if self.direction else "",
            note=data["note"],
            offer=self.offer.terms() if data["outcome"] == Outcome.COUNTER_OFFER else {},
        )

    def sent_codes(self) -> list[str]:
        outcome = self.cleaned_data.get("outcome", "")
        sends = sends_model_reasons(outcome, self.direction_for(outcome))
        return list(self.cleaned_data.get("reason_codes", [])) if sends else []

    def sent_texts(self) -> list[str]:
        words = dict(self.fields["reason_codes"].choices)
        return [words[code] for code in self.sent_codes()]

    def override_text(self) -> str:
        words = dict(self.fields["override_reason"].choices)
        return str(words.get(self.cleaned_data["override_reason"], ""))

    def add_problems(self, problems: list[Problem]) -> None:
        for problem in problems:
            name, _slash, column = problem.pointer.strip("/").partition("/")
            if column in self.offer.fields:
                self.offer.add_error(column, in_words(problem))
                self.add_error("outcome", _("The terms of the counter-offer need a correction."))
            else:
                self.add_error(name if name in self.fields else None, in_words(problem))

    def _check_decision(self, outcome: str, cleaned: dict[str, Any]) -> None:
        self.add_problems(
            decision_problems(
                outcome=outcome,
                direction=self.direction_for(outcome),
                reason_codes=self.sent_codes(),
                principal_codes=self.principal_codes,
                override_reason=cleaned.get("override_reason", ""),
                note=cleaned.get("note", ""),
            )
        )

    def _check_offer(self) -> None:
        if not self.offer.is_valid():
            self.add_error("outcome", _("The terms of the counter-offer need a correction."))
        elif self.case.score is not None:
            try:
                self.offered = offer_of(self.case.score, self.case.file, self.offer.terms())
            except InvalidInput as error:
                self.add_problems(error.problems)

    def _check_referral(self, note: str) -> None:
        if len(note.strip()) < SHORTEST_NOTE:
            self.add_error("note", _("Say why you refer this case, in at least ten letters."))

    def _override_choices(self) -> list[tuple[str, Any]]:
        reasons = HIGH_SIDE_REASONS if Outcome.DECLINE in self.against else LOW_SIDE_REASONS
        return [("", _("Choose a reason")), *((reason.value, reason.label) for reason in reasons)]


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            (Verdict.CONFIRMED.value, gettext_lazy("Confirm: the decision is made")),
            (Verdict.REFUSED.value, gettext_lazy("Refuse: the case goes back to be decided")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Confirm or refuse.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        validators=[plain_text],
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Needed when you refuse: say why."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("verdict") == Verdict.REFUSED and len(cleaned.get("note", "").strip()) < SHORTEST_NOTE:
            self.add_error("note", _("Say why you refuse, in at least ten letters."))
        return cleaned


def typed_score(data: QueryDict) -> uuid.UUID | None:
    """The score that was on the page when it was sent."""
    try:
        return uuid.UUID(data.get("score_id", ""))
    except ValueError:
        return None
