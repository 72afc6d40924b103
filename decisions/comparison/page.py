"""What the comparison page shows for the features and the group that were asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.models import Application
from applications.wording import label_of
from common import formatting
from decisions.comparison.charts import distribution_figure
from decisions.comparison.selectors import GROUPS, crowds_of, value_of
from decisions.comparison.wording import (
    OF_GROUP,
    Compared,
    GroupRow,
    bin_labels,
    finding,
    group_rows,
)
from explanations.comparison import Bins, Crowd, bins_of
from explanations.reference import comparable, main_features
from ml.features import Feature
from ml.model import ScoringModel
from scoring.models import Score

FIRST_SHOWN = 12


class ComparisonForm(forms.Form):
    """Which feature, which second one, and which people; nothing asked is the heaviest feature of the case."""

    x = forms.ChoiceField(label=gettext_lazy("Compare"), required=False)
    y = forms.ChoiceField(label=gettext_lazy("and, if you like"), required=False)
    group = forms.ChoiceField(label=gettext_lazy("with"), required=False, choices=list(GROUPS.items()))

    def __init__(self, data: Mapping[str, Any], features: list[tuple[str, list[Feature]]], first: str) -> None:
        asked = {"x": data.get("x") or first, "y": data.get("y", ""), "group": data.get("group") or "granted"}
        super().__init__(asked, auto_id="compare-%s")
        choices = [(words, [(each.name, label_of(each)) for each in group]) for words, group in features if group]
        cast("forms.ChoiceField", self.fields["x"]).choices = choices
        cast("forms.ChoiceField", self.fields["y"]).choices = [("", _("nothing else")), *choices]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"


def form_of(data: Mapping[str, Any], score: Score, model: ScoringModel) -> ComparisonForm:
    allowed = {feature.name: feature for feature in comparable(model)}
    explanation = getattr(score, "explanation", None)
    heaviest = [row["feature"] for row in explanation.contributions if row["feature"] in allowed] if explanation else []
    heaviest = heaviest[:FIRST_SHOWN] or [feature.name for feature in main_features(model)]
    others = sorted((each for name, each in allowed.items() if name not in heaviest), key=_sorted_as)
    groups = [
        (_("Weigh most in this case"), [allowed[name] for name in heaviest]),
        (_("Every other feature"), others),
    ]
    return ComparisonForm(data, groups, heaviest[0])


@dataclass(frozen=True)
class Comparison:
    """The applicant among the people of ``group`` by one feature, and by a second one where one was asked for."""

    x: Compared
    y: Compared | None
    group: str
    crowds: Mapping[str, Crowd]

    @cached_property
    def rows(self) -> list[GroupRow]:
        return group_rows(self.x, self.crowds)

    @cached_property
    def crowd(self) -> Crowd | None:
        """The people asked for, where they are enough to be shown."""
        found = self.crowds.get(self.group)
        return found if found is not None and found.is_enough else None

    @property
    def row(self) -> GroupRow:
        return next(row for row in self.rows if row.key == self.group)

    @property
    def everybody(self) -> Crowd:
        return self.crowds["all"]

    @cached_property
    def bins(self) -> Bins:
        return bins_of(self.everybody.columns[self.x.name], self.x.levels)

    @property
    def finding(self) -> str:
        return finding(self.x, self.rows, self.group if self.crowd else "all")

    @property
    def of_group(self) -> str:
        return str(OF_GROUP[self.group])

    @cached_property
    def shares(self) -> list[tuple[str, str, str, bool]]:
        """The picture as a table: bin, share of everybody, share of the group, whether the applicant is in it."""
        everybody, group = self._shares("all"), self._shares(self.group)
        own = self._own_bin()
        rows = zip(bin_labels(self.x, self.bins), everybody, group, strict=True)
        return [
            (label, formatting.percent(first), formatting.percent(second) if self.crowd else "", place == own)
            for place, (label, first, second) in enumerate(rows)
        ]

    @property
    def figure(self) -> dict[str, Any]:
        shown = self.group if self.crowd else "all"
        names = bin_labels(self.x, self.bins)
        group, everybody = ((str(GROUPS[key]), self._shares(key)) for key in (shown, "all"))
        return distribution_figure(self.x, self.bins, names, group, everybody)

    def _shares(self, group: str) -> list[float]:
        crowd = self.crowds.get(group)
        return self.bins.shares(crowd.columns[self.x.name]) if crowd else [0.0] * self.bins.count

    def _own_bin(self) -> int:
        value = np.nan if self.x.value is None else self.x.value
        return int(self.bins.places(np.array([value]))[0])


def comparison(form: ComparisonForm, score: Score, application: Application, model: ScoringModel) -> Comparison:
    asked = form.cleaned_data
    names = list(dict.fromkeys(name for name in (asked["x"], asked["y"]) if name))
    x, *rest = (Compared(model.contract, model.specification.feature(name), value_of(score, name)) for name in names)
    return Comparison(x, rest[0] if rest else None, asked["group"], crowds_of(score, application, model, names))


def _sorted_as(feature: Feature) -> str:
    return label_of(feature).casefold()
