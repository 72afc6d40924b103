import pytest
from django.utils.translation import override

from applications.forms import GroupedFloatField, GroupedIntegerField


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("fr", "150 000", 150_000),
        ("fr", "150\u202f000,50", 150_000.5),
        ("fr", "150.000", 150_000),
        ("fr", "0,25", 0.25),
        ("en", "150,000", 150_000),
        ("en", "150,000.50", 150_000.5),
        ("en", "150 000", 150_000),
        ("en", "0.25", 0.25),
    ],
)
def test_numbers_are_taken_as_they_are_printed(language, typed, meant):
    with override(language):
        assert GroupedFloatField(localize=True).clean(typed) == meant


def test_whole_numbers_too():
    with override("fr"):
        assert GroupedIntegerField(localize=True).clean("1 200") == 1_200
