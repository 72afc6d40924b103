"""Tags format; they never query."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import formatting

register = template.Library()


@register.filter
def percent(value: float, digits: int = 1) -> str:
    return formatting.missing() if formatting.is_missing(value) else formatting.percent(value, digits)


@register.filter
def money(value: Any, currency: str) -> str:
    return formatting.missing() if formatting.is_missing(value) else formatting.money(value, currency)


@register.filter
def number(value: Any, digits: int = 0) -> str:
    return formatting.missing() if formatting.is_missing(value) else formatting.number(value, digits)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """The time in words, with the exact one for machines."""
    return _time(value, formatting.moment)


@register.filter
def moment_exact(value: datetime | None) -> SafeString | str:
    """To the second and with its zone: what stands on a record."""
    return _time(value, formatting.moment_exact)


def _time(value: datetime | None, words: Callable[[datetime], str]) -> SafeString | str:
    if value is None:
        return formatting.missing()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words(value))


@register.filter
def age(value: datetime | None) -> str:
    return formatting.missing() if value is None else formatting.duration((timezone.now() - value).total_seconds())


@register.filter
def time_left(value: datetime | None) -> SafeString | str:
    """Against the promised time: how much is left, or how late it is, in words."""
    if value is None:
        return formatting.missing()
    seconds = (value - timezone.now()).total_seconds()
    if seconds < 0:
        late = _("late by %(time)s") % {"time": formatting.duration(-seconds)}
        return format_html('<span class="late">{}</span>', late)
    return _("%(time)s left") % {"time": formatting.duration(seconds)}


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class ErrorLine:
    """One thing wrong with a form: the field to go to, none when it concerns the whole form."""

    field_id: str
    label: str
    message: str


@register.simple_tag
def error_lines(*bound: forms.BaseForm | None) -> list[ErrorLine]:
    """Everything wrong with one form or several that are sent together."""
    lines = []
    for form in filter(None, bound):
        lines += [ErrorLine("", "", str(error)) for error in form.non_field_errors()]
        for field in form:
            target = field.id_for_label or field.auto_id
            lines += [ErrorLine(target, str(field.label), str(error)) for error in field.errors]
    return lines


@register.simple_tag(takes_context=True)
def here_with(context: dict[str, Any], **changes: str) -> str:
    """This page's address with some of its parameters changed; an empty value drops one."""
    request = context["request"]
    parameters = request.GET.dict() | changes
    kept = {name: value for name, value in parameters.items() if value}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


@register.simple_tag(takes_context=True)
def here_without(context: dict[str, Any], name: str) -> str:
    """This page's address without one of its parameters, from the start of the list."""
    return here_with(context, **{name: "", "after": ""})


@register.filter
def query(items: Any) -> str:
    """Names and values as the query of an address."""
    return urlencode(list(items))


@register.filter
def file_kind(name: str) -> str:
    """The ending of a file's name, as people call it."""
    return name.rpartition(".")[2].upper()
