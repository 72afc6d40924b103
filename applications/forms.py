"""The form of a new application, built from the product's contract: one field per column, in its sections."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import wording
from applications.enums import Language
from common import formatting
from common.errors import in_words
from common.plain_names import plain_name
from ml.contract import Column, Contract
from ml.errors import Problem

NOT_APPLICABLE = "__not_applicable"
FIRST_DATE = date(1900, 1, 1)


class Grouped:
    """Takes numbers as the portal prints them: 150 000,50 in French, 150,000.50 in English."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(value.split())
            groups = r"-?\d{1,3}(\.\d{3})+(,\d+)?" if formatting.french() else r"-?\d{1,3}(,\d{3})+(\.\d+)?"
            if re.fullmatch(groups, value):
                value = value.replace("." if formatting.french() else ",", "")
        return super().to_python(value)  # type: ignore[misc]


class GroupedIntegerField(Grouped, forms.IntegerField):
    pass


class GroupedFloatField(Grouped, forms.FloatField):
    pass


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=100)
    after = forms.CharField(required=False, max_length=40)


class ApplicantForm(forms.Form):
    """The person; the date of birth also gives the age that the contract asks for."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, validators=[plain_name])
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, validators=[plain_name])
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Also gives the age that the file asks for."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), required=False, help_text=gettext_lazy("Stored encrypted. For the letters.")
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the letters"), choices=Language)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            _dress(field)

    def clean_birth_date(self) -> date:
        value: date = self.cleaned_data["birth_date"]
        if not FIRST_DATE < value < timezone.localdate():
            raise ValidationError(_("The date of birth is not plausible."))
        return value


@dataclass(frozen=True)
class FormSection:
    key: str
    label: str
    fields: list[BoundField]

    @property
    def is_open(self) -> bool:
        """Sections that nobody must fill in are folded, unless something in them is wrong."""
        return any(
            field.field.required or getattr(field.field, "needed", False) or field.errors or field.value()
            for field in self.fields
        )


class CreditFileForm(forms.Form):
    """``document()`` gives the application row; dates become the day counts of the contract."""

    def __init__(self, contract: Contract, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        asked = {column.name: column for column in contract.application.columns if self._asked(column)}
        self.columns = asked if only is None else {name: asked[name] for name in only if name in asked}
        for column in self.columns.values():
            self.fields[column.name] = _field(column)
            if is_dated(column) and column.sentinels:
                self.fields[column.name + NOT_APPLICABLE] = _no_date(column)

    def sections(self) -> list[FormSection]:
        found = []
        for section in self.contract.sections:
            names = [name for name in self.fields if self._column_of(name).section == section.key]
            if names:
                found.append(FormSection(section.key, wording.label_of(section), [self[name] for name in names]))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in [name for name in self.fields if name.endswith(NOT_APPLICABLE)]:
            self._settle_not_applicable(name.removesuffix(NOT_APPLICABLE), cleaned)
        return cleaned

    def document(self, birth_date: date) -> dict[str, Any]:
        row = {name: self._value(column) for name, column in self.columns.items()}
        row |= wording.age_given(self.contract, birth_date)
        return {name: value for name, value in row.items() if value is not None}

    def days(self, value: date) -> int:
        return wording.days_until(value)

    def add_problems(self, problems: list[Problem]) -> None:
        """What the contract refuses after all, beside the field it points at."""
        for problem in problems:
            name = problem.pointer.rsplit("/", 1)[-1]
            self.add_error(name if name in self.fields else None, in_words(problem))

    def _asked(self, column: Column) -> bool:
        derived = (self.contract.target, self.contract.id_column, self.contract.birth_column)
        return column.dtype != "id" and column.name not in derived

    def _column_of(self, name: str) -> Column:
        return self.columns[name.removesuffix(NOT_APPLICABLE)]

    def _settle_not_applicable(self, name: str, cleaned: dict[str, Any]) -> None:
        ticked, given = cleaned.get(name + NOT_APPLICABLE), cleaned.get(name)
        if ticked and given:
            self.add_error(name, _("Give a date or tick “does not apply”, not both."))
        elif not ticked and not given and self.columns[name].required and name not in self.errors:
            self.add_error(name, _("Give a date or tick “does not apply”."))

    def _value(self, column: Column) -> Any:
        value = self.cleaned_data.get(column.name)
        if self.cleaned_data.get(column.name + NOT_APPLICABLE):
            return int(column.sentinels[0])
        if value in (None, ""):
            return None
        if is_dated(column):
            return self.days(value)
        return int(value) if column.dtype in ("flag", "int") else value


def is_dated(column: Column) -> bool:
    """A day count before the application is asked for as the date it stands for."""
    return column.unit == wording.RELATIVE_DAYS and column.maximum is not None and column.maximum <= 0


def _field(column: Column) -> forms.Field:
    common = {
        "label": wording.label_of(column),
        "help_text": wording.help_of(column),
        "required": column.required and not (is_dated(column) and column.sentinels),
    }
    if column.dtype == "category":
        choices = [("", _("Choose")), *((value, wording.category_of(column, value)) for value in column.categories)]
        field: forms.Field = forms.ChoiceField(choices=choices, **common)
    elif column.category_labels:
        codes = [(value, wording.category_of(column, value)) for value in column.category_labels]
        field = forms.ChoiceField(choices=[("", _("Choose")), *codes], **common)
    elif column.dtype == "flag":
        field = forms.ChoiceField(choices=[("", _("Choose")), ("1", _("Yes")), ("0", _("No"))], **common)
    elif is_dated(column):
        field = _date_field(column, common)
    else:
        field = number_field(column, common)
    _dress(field)
    return field


def _date_field(column: Column, common: dict[str, Any]) -> forms.Field:
    today = timezone.localdate()
    earliest = max(FIRST_DATE, wording.date_of(int(column.minimum or 0), today))
    latest = wording.date_of(int(column.maximum or 0), today)
    limits = _("Between %(first)s and %(last)s.") % {
        "first": formatting.day(earliest),
        "last": formatting.day(latest),
    }
    common["help_text"] = limits  # the contract's own help speaks of day counts

    def within(value: date) -> None:
        if not earliest <= value <= latest:
            raise ValidationError(limits)

    widget = forms.DateInput(
        attrs={"type": "date", "min": earliest.isoformat(), "max": latest.isoformat()}, format="%Y-%m-%d"
    )
    field = forms.DateField(widget=widget, validators=[within], **common)
    field.needed = column.required
    return field


def number_field(column: Column, common: dict[str, Any]) -> forms.Field:
    whole = column.dtype == "int"
    kind = GroupedIntegerField if whole else GroupedFloatField
    widget = forms.TextInput(attrs={"inputmode": "numeric" if whole else "decimal", "autocomplete": "off"})
    field = kind(widget=widget, localize=True, validators=[_range_check(column)], **common)
    field.unit = wording.unit_of(column)
    _dress(field)
    return field


def _range_check(column: Column) -> Any:
    def within(value: float) -> None:
        if column.minimum is None or value in column.sentinel_set:
            return
        if not column.minimum <= value <= column.maximum:
            limits = {"low": formatting.short_number(column.minimum), "high": formatting.short_number(column.maximum)}
            raise ValidationError(_("Between %(low)s and %(high)s.") % limits)

    return within


def _no_date(column: Column) -> forms.Field:
    label = _("Does not apply: %(label)s") % {"label": wording.label_of(column)}
    return forms.BooleanField(
        label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )


def _dress(field: forms.Field) -> None:
    field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
