"""Stored questions in words, many at once: people and branches are looked up together."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_date

from accounts.models import Branch, User
from common import formatting
from decisions.audit.forms import Part, QuestionForm, choice_words

PEOPLE = ("officer", "confirmer")


def said(user: User, questions: Iterable[Mapping[str, str]]) -> list[list[Part]]:
    """Each question's parts, in the order of the form; two queries in all."""
    asked = list(questions)
    form = QuestionForm(user)
    people = User.objects.in_bulk({filters[name] for filters in asked for name in PEOPLE if name in filters})
    places = Branch.objects.in_bulk({filters["branch"] for filters in asked if "branch" in filters})
    named = {str(key): str(row) for key, row in [*people.items(), *places.items()]}
    return [
        [
            Part(name, str(field.label), _value(name, field, filters[name], named))
            for name, field in form.fields.items()
            if name in filters
        ]
        for filters in asked
    ]


def _value(name: str, field: Any, value: str, named: Mapping[str, str]) -> str:
    if name in ("since", "until"):
        day = parse_date(value)
        return formatting.day(day) if day else value
    if name in ("least", "most"):
        return formatting.short_number(float(value))
    return named.get(value) or choice_words(field).get(value, value)
