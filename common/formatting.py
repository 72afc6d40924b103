"""Values as people read them, in the language of the page. A missing value is said, never shown as None."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

NBSP = "\u00a0"
DAYS_PER_YEAR = 365.25
Number = int | float | Decimal


def language() -> str:
    return (get_language() or "en")[:2]


def french() -> bool:
    return language() == "fr"


def number(value: Number, digits: int = 0) -> str:
    """Rounded here, because Django's formats cut digits off."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = formats.number_format(rounded, digits, use_l10n=True, force_grouping=True)
    # a real minus sign: a hyphen is too short to be seen and breaks lines
    return text.replace("-", "\u2212", 1) if text.startswith("-") else text


def short_number(value: Number) -> str:
    """As many digits as matter: about four significant ones, without trailing zeros."""
    size = abs(float(value))
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 4
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP).normalize()
    return number(exact, max(0, -int(exact.as_tuple().exponent)))


def separators() -> str:
    """Decimal and thousands separator, as Plotly takes them."""
    return "".join(formats.get_format(name)[:1] for name in ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR"))


def percent(share: float, digits: int = 1) -> str:
    return f"{number(share * 100, digits)}{NBSP}%"


def money(amount: Number, currency: str) -> str:
    digits = 0 if float(amount).is_integer() else 2
    return f"{number(amount, digits)}{NBSP}{currency}"


def moment(value: datetime) -> str:
    return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")


def moment_exact(value: datetime) -> str:
    """To the second and with its zone, for records that are compared with others."""
    local = timezone.localtime(value)
    return f"{day(local)}, {local:%H:%M:%S %Z}"


def day(value: date) -> str:
    return formats.date_format(value, "DATE_FORMAT")


def years(days: float) -> str:
    """A length of time in the two largest units that matter, from days."""
    whole_years, rest = divmod(abs(days), DAYS_PER_YEAR)
    months = int(rest / (DAYS_PER_YEAR / 12))
    year_words = ngettext("%(n)s year", "%(n)s years", int(whole_years)) % {"n": int(whole_years)}
    month_words = ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    if whole_years >= 1:
        return f"{year_words} {month_words}" if months and whole_years < 10 else year_words
    if months:
        return month_words
    return ngettext("%(n)s day", "%(n)s days", int(abs(days))) % {"n": int(abs(days))}


def duration(seconds: float) -> str:
    """Minutes, hours or days: one unit is enough to see what is late."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)s day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}


def is_missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and not isfinite(value))


def missing() -> str:
    return _("not given")
