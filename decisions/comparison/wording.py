"""Where the applicant stands, in sentences and rows of a table."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.wording import label_of, unit_of
from common import formatting
from decisions.comparison.selectors import GROUPS
from explanations.comparison import FEWEST_PEOPLE, Bins, Crowd, Place, place_of
from explanations.wording import codes_of, feature_text
from ml.contract import Contract
from ml.features import Feature

AGO = frozenset({"days_relative", "months_relative"})
OF_GROUP = {
    "all": gettext_lazy("of all applicants"),
    "similar": gettext_lazy("of similar applicants"),
    "granted": gettext_lazy("of granted applicants"),
    "approvable": gettext_lazy("of the applicants under the cutoff"),
}
# Where most have the very same value, higher and lower say little.
MOST_EQUAL = 0.5


@dataclass(frozen=True)
class Compared:
    """One feature of the applicant, with the words for its values."""

    contract: Contract
    feature: Feature
    value: float | None

    @property
    def name(self) -> str:
        return self.feature.name

    @property
    def label(self) -> str:
        return label_of(self.feature)

    @property
    def is_listed(self) -> bool:
        """An answer of a list, which has no more and no less."""
        return self.feature.dtype == "category"

    @property
    def levels(self) -> tuple[float, ...]:
        """The values that each have a word of their own, in their order."""
        if self.is_listed:
            return tuple(float(code) for code in range(len(self.feature.categories)))
        return tuple(float(code) for code in codes_of(self.contract, self.feature))

    @property
    def is_ago(self) -> bool:
        return self.feature.unit in AGO

    @property
    def value_text(self) -> str:
        return self.text(self.value)

    @property
    def unit(self) -> str:
        """What an axis counts in; empty where the label says it all."""
        if self.feature.unit == "days_relative":
            return _("years earlier")
        if self.feature.unit == "months_relative":
            return _("months earlier")
        tables = self.contract.tables.values()
        column = next((each for table in tables for each in table.columns if each.unit == self.feature.unit), None)
        return unit_of(column) if column and self.feature.unit != "ratio" else ""

    def text(self, value: float | None) -> str:
        return feature_text(self.contract, self.feature, value)


@dataclass(frozen=True)
class GroupRow:
    """A group in the table: ``sentence`` is empty where the group is too small or the value is missing."""

    key: str
    label: str
    people: str
    middle: str
    half: str
    missing: str
    sentence: str


def group_rows(compared: Compared, crowds: Mapping[str, Crowd]) -> list[GroupRow]:
    return [_row(compared, key, crowds.get(key)) for key in GROUPS]


def sentence(compared: Compared, group: str, place: Place) -> str:
    """For instance: Higher than 83 % of granted applicants."""
    of_group = str(OF_GROUP[group])
    if place.below is None or place.equal is None or place.above is None:
        share = formatting.percent(place.missing, 0)
        if compared.value is None:
            return _("Not given, as for %(share)s %(of_group)s.") % {"share": share, "of_group": of_group}
        return ""
    if compared.is_listed or place.equal >= MOST_EQUAL:
        words = _("The same as %(share)s %(of_group)s.")
        return words % {"share": formatting.percent(place.equal, 0), "of_group": of_group}
    return _more_or_less(compared, place.below, place.above) % {
        "share": formatting.percent(max(place.below, place.above), 0),
        "of_group": of_group,
    }


def finding(compared: Compared, rows: list[GroupRow], group: str) -> str:
    """The chart's title."""
    found = next((row.sentence for row in rows if row.key == group), "")
    value = _("%(label)s: %(value)s.") % {"label": compared.label, "value": compared.value_text}
    return f"{value} {found}".strip()


def bin_labels(compared: Compared, bins: Bins) -> list[str]:
    """The bins in words; of times, the longest ago last, as the axis has them."""
    if bins.levels:
        return [compared.text(level) for level in bins.levels]
    if not bins.limits:
        return [_("any value")]
    edges = [compared.text(limit) for limit in bins.limits]
    middle = [_span(compared, low, high - bins.is_counted) for low, high in itertools.pairwise(bins.limits)]
    if compared.is_ago:
        return [_("before %(edge)s") % {"edge": edges[0]}, *middle, _("since %(edge)s") % {"edge": edges[-1]}]
    return [_("under %(edge)s") % {"edge": edges[0]}, *middle, _("from %(edge)s") % {"edge": edges[-1]}]


def _span(compared: Compared, low: float, high: float) -> str:
    first, last = compared.text(low), compared.text(high)
    return first if first == last else _("%(low)s to %(high)s") % {"low": first, "high": last}


def side_words(compared: Compared) -> tuple[str, str]:
    """The two sides of the applicant's value, for a table of two by two."""
    if compared.is_listed:
        return _("the same answer"), _("another answer")
    if compared.is_ago:
        return _("longer ago"), _("at the same time or since")
    return _("less"), _("as much or more")


def _row(compared: Compared, key: str, crowd: Crowd | None) -> GroupRow:
    label = str(GROUPS[key])
    if crowd is None:
        why = _("Not known: the model's reference holds no credit histories.")
        return GroupRow(key, label, "", "", "", "", why)
    if not crowd.is_enough:
        why = _("Fewer than %(fewest)s people: not shown.") % {"fewest": FEWEST_PEOPLE}
        return GroupRow(key, label, "", "", "", "", why)
    place = place_of(crowd, compared.name, compared.value, has_order=not compared.is_listed)
    return GroupRow(
        key=key,
        label=label,
        people=formatting.number(crowd.people),
        middle=_middle(compared, crowd, place),
        half=_half(compared, place),
        missing=formatting.percent(place.missing, 0),
        sentence=sentence(compared, key, place),
    )


def _middle(compared: Compared, crowd: Crowd, place: Place) -> str:
    if compared.is_listed:
        return ""
    return compared.text(place.quartiles[1]) if place.quartiles else ""


def _half(compared: Compared, place: Place) -> str:
    if not place.quartiles:
        return ""
    return _span(compared, place.quartiles[0], place.quartiles[2])


def _more_or_less(compared: Compared, below: float, above: float) -> str:
    if compared.is_ago:
        return (
            _("More recent than for %(share)s %(of_group)s.")
            if below >= above
            else _("Longer ago than for %(share)s %(of_group)s.")
        )
    return (
        _("Higher than for %(share)s %(of_group)s.") if below >= above else _("Lower than for %(share)s %(of_group)s.")
    )
