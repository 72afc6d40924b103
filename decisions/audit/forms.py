"""What can be asked of the decisions. A value that means nothing is said in words, never left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Role
from accounts.models import Branch, User
from accounts.permissions import sees_every_branch
from applications.wording import label_of
from common import formatting
from common.plain_names import plain_name
from decisions.audit.writers import Format
from decisions.enums import Direction, Outcome, OverrideReason, Stage
from decisions.models import Decision
from ml.contract import available_products, load_contract
from ml.scorecard import Scaling
from scoring.models import ModelVersion

SELECT = {"class": "form-select"}
INPUT = {"class": "form-control"}
BY_ID = ("branch", "officer", "confirmer")
FIRST = ("outcome", "override", "since", "until")
OVERRIDES = [
    ("yes", gettext_lazy("Against the advice")),
    ("no", gettext_lazy("As advised")),
    *Direction.choices,
]
OUTCOMES = [
    (Outcome.APPROVE.value, gettext_lazy("Approved")),
    (Outcome.DECLINE.value, gettext_lazy("Declined")),
    (Outcome.COUNTER_OFFER.value, gettext_lazy("Counter-offer")),
]
YEARS = (2000, 2100)
OF_THE_PAGE = frozenset({"after"})  # parameters that ask nothing: where the list goes on

_unknown = gettext_lazy("“%(value)s” is not one of the choices.")
_any = gettext_lazy("Any")


@dataclass(frozen=True)
class Part:
    """One part of a question in words; ``name`` is its parameter, so that it can be taken away."""

    name: str
    label: str
    value: str


class _Choice(forms.ChoiceField):
    def __init__(self, label: Any, choices: Any = (), every: Any = _any, **options: Any) -> None:
        super().__init__(
            label=label,
            choices=[("", every), *choices],
            required=False,
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": _unknown},
            **options,
        )


class _Row(forms.ModelChoiceField):
    def __init__(self, queryset: Any, label: Any, **options: Any) -> None:
        super().__init__(
            queryset,
            label=label,
            required=False,
            empty_label=_any,
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": _unknown},
            **options,
        )

    def to_python(self, value: Any) -> Any:
        """What is no identifier at all is refused in the same words as an unknown one."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(_unknown, code="invalid_choice", params={"value": value}) from None


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={**INPUT, "type": "date"}),
        error_messages={"invalid": gettext_lazy("Write the day as 2026-01-31.")},
    )


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput(attrs={**INPUT, "inputmode": "decimal", "step": "any"}),
        error_messages={"invalid": gettext_lazy("Write the amount in digits, such as 25000.")},
    )


class _Filters(forms.Form):
    """Filters in an address: each may be left out, and each that is given is said in words."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        for field in self.fields.values():
            vars(field)["needed"] = True  # no filter says "optional": the page would be full of it

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        for name in sorted(self.data.keys() - self.fields.keys() - OF_THE_PAGE):
            self.add_error(None, _("“%(name)s” is no filter of this page.") % {"name": name})
        since, until = asked.get("since"), asked.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not YEARS[0] <= day.year <= YEARS[1]:
                self.add_error(name, _("This day lies outside the years %(first)s to %(last)s.") % _years())
        if since and until and since > until:
            self.add_error("until", _("The period ends before it begins."))
        return asked

    @property
    def filters(self) -> dict[str, str]:
        """The valid question as the parameters of its address; the same for the same question."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {name: str(value.id if name in BY_ID else value) for name, value in sorted(given.items())}

    @property
    def parts(self) -> list[Part]:
        """The valid question in words, in the order of the form."""
        said = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if value not in (None, ""):
                said.append(Part(name, str(field.label), _words(field, value)))
        return said


class PeriodForm(_Filters):
    """What the statistics are about; without a first day, the twelve months up to today."""

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("Until"))
    branch = _Row(Branch.objects.order_by("name"), gettext_lazy("Branch"))
    product = _Choice(gettext_lazy("Product"))

    def __init__(self, data: Mapping[str, Any], today: date) -> None:
        first = (today.replace(day=1) - timedelta(days=334)).replace(day=1)
        super().__init__(data if data.get("since") else dict(data.items()) | {"since": str(first)})
        fields: Any = self.fields
        fields["product"].choices = [("", _("Any")), *_products()]


class QuestionForm(_Filters):
    """The filters of the decisions; only people and branches that the reader may see can be chosen."""

    q = forms.CharField(
        label=gettext_lazy("Search by name or reference"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={**INPUT, "type": "search", "autocomplete": "off", "data-search": ""}),
    )
    outcome = _Choice(gettext_lazy("Decision"), OUTCOMES, every=gettext_lazy("Every decision"))
    override = _Choice(gettext_lazy("Advice"), OVERRIDES)
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("Until"))
    branch = _Row(Branch.objects.order_by("name"), gettext_lazy("Branch"))
    officer = _Row(User.objects.none(), gettext_lazy("Decided by"))
    confirmer = _Row(User.objects.none(), gettext_lazy("Confirmed by"))
    product = _Choice(gettext_lazy("Product"))
    model = _Row(
        ModelVersion.objects.defer("manifest").order_by("-registered_at"),
        gettext_lazy("Model version"),
        to_field_name="version",
    )
    grade = _Choice(gettext_lazy("Grade"), [(letter, letter) for letter, _limit in Scaling().grades])
    reason = _Choice(gettext_lazy("Reason"))
    stage = _Choice(gettext_lazy("Stage"), Stage.choices)
    least = _amount(gettext_lazy("Amount asked for, at least"))
    most = _amount(gettext_lazy("Amount asked for, at most"))

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data if data is not None else {})
        fields: Any = self.fields
        fields["officer"].queryset = fields["confirmer"].queryset = _officers(user)
        fields["product"].choices = [("", _("Any")), *_products()]
        fields["reason"].choices = [("", _("Any")), *_reasons()]
        if not sees_every_branch(user):
            del fields["branch"]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        least, most = asked.get("least"), asked.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("most", _("The most is less than the least."))
        return asked

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in ("q", *FIRST)]

    @property
    def has_more(self) -> bool:
        """Something is asked beside what always stands on the page, or is wrong there."""
        return any(field.data or field.errors for field in self.more_fields)


class SaveForm(forms.Form):
    """The name that a question is kept under."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        validators=[plain_name],
        widget=forms.TextInput(attrs={**INPUT, "autocomplete": "off"}),
        help_text=gettext_lazy("What you ask, such as “Approved against the advice in Lyon”. No applicant's name."),
    )
    is_shared = forms.BooleanField(label=gettext_lazy("Share it with the other auditors"), required=False)


class ExportForm(forms.Form):
    """Which files are wanted."""

    formats = forms.MultipleChoiceField(
        label=gettext_lazy("Files"),
        choices=Format.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": gettext_lazy("Choose at least one kind of file.")},
    )


def _words(field: Any, value: Any) -> str:
    if isinstance(field, forms.DateField):
        return formatting.day(value)
    if isinstance(field, forms.DecimalField):
        return formatting.number(value, 0 if value == value.to_integral() else 2)
    if str(value) in choice_words(field):
        return choice_words(field)[str(value)]
    return str(value)


def choice_words(field: Any) -> dict[str, str]:
    """What stands for each value of a select; nothing where the choices are rows of the database."""
    if isinstance(field, forms.ModelChoiceField) or not isinstance(field, forms.ChoiceField):
        return {}
    return {str(key): str(label) for key, label in _flat(field.choices)}


def _flat(choices: Any) -> Any:
    for key, label in choices:
        yield from label if isinstance(label, list | tuple) else [(key, label)]


def _officers(user: User) -> Any:
    """Whoever may decide, and whoever did before the role was another."""
    decided = Exists(Decision.objects.filter(decided_by=OuterRef("pk")))
    rows = User.objects.filter(Q(role__in=[Role.OFFICER, Role.SENIOR]) | decided)
    rows = rows.order_by("last_name", "first_name", "username")
    return rows if sees_every_branch(user) else rows.filter(branch=user.branch)


def _products() -> list[tuple[str, str]]:
    return [(name, label_of(load_contract(name))) for name in available_products()]


def _reasons() -> list[tuple[str, list[tuple[str, str]]]]:
    """The reasons of each product, and those an officer gives against the advice."""
    groups = []
    for name in available_products():
        contract = load_contract(name)
        words = [(code, one.text_fr if formatting.french() else one.text_en) for code, one in contract.reasons.items()]
        groups.append((label_of(contract), sorted(words, key=lambda pair: pair[1])))
    return [(_("The officer's own"), [(each.value, str(each.label)) for each in OverrideReason]), *groups]


def _years() -> dict[str, int]:
    return {"first": YEARS[0], "last": YEARS[1]}
