from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from common import formatting

NBSP, NARROW, MINUS = "\u00a0", "\u202f", "\u2212"


@pytest.mark.parametrize(("language", "expected"), [("en", f"12.4{NBSP}%"), ("fr", f"12,4{NBSP}%")])
def test_percent_has_one_decimal(language: str, expected: str) -> None:
    with override(language):
        assert formatting.percent(0.1236) == expected


@pytest.mark.parametrize(
    ("language", "amount", "expected"),
    [
        ("en", Decimal("1250000.00"), f"1,250,000{NBSP}EUR"),
        ("en", Decimal("99.5"), f"99.50{NBSP}EUR"),
        ("fr", Decimal("1250000.00"), f"1{NBSP}250{NBSP}000{NBSP}EUR"),
    ],
)
def test_money_is_grouped_and_names_its_currency(language: str, amount: Decimal, expected: str) -> None:
    with override(language):
        assert formatting.money(amount, "EUR") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.123456, "0.1235"), (5.6789, "5.68"), (123.456, "123.5"), (4321.9, "4,322"), (-7, f"{MINUS}7"), (3.0, "3")],
)
def test_short_number_keeps_the_digits_that_matter(value: float, expected: str) -> None:
    assert formatting.short_number(value) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-12005, "32 years"), (-800, "2 years 2 months"), (45, "1 month"), (1, "1 day"), (0, "0 days")],
)
def test_years_says_the_two_largest_units(days: int, expected: str) -> None:
    assert formatting.years(days) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [(timedelta(seconds=30), "0 minutes"), (timedelta(hours=47), "47 hours"), (timedelta(hours=50), "2 days")],
)
def test_duration_says_one_unit(length: timedelta, expected: str) -> None:
    assert formatting.duration(length.total_seconds()) == expected


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "Nov. 24, 2026, 10:05:09 CET"), ("fr", "24 novembre 2026, 10:05:09 CET")]
)
def test_exact_moment_has_seconds_and_zone(language: str, expected: str) -> None:
    with override(language):
        assert formatting.moment_exact(datetime(2026, 11, 24, 9, 5, 9, tzinfo=UTC)) == expected


@pytest.mark.parametrize("value", [None, "", float("nan"), float("inf")])
def test_missing_is_recognised(value: object) -> None:
    assert formatting.is_missing(value)
    assert not formatting.is_missing(0)
