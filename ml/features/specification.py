"""The feature specification of a product: which columns and expressions the model sees, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any

from ml.contract import Contract, load_contract
from ml.contract_types import Column
from ml.errors import ContractError
from ml.features.expressions import ARITY, FEATURE_OPERATORS, SPLIT
from ml.features.histories import History, prune
from ml.features.history_parsing import read_histories
from ml.features.history_sources import Described, ParsedHistories
from ml.product_folders import product_folder


@dataclass(frozen=True)
class Feature:
    """One input of the model.

    ``op`` is ``column`` (the raw column named by ``inputs``), ``aggregate`` (of the child table and its
    column named by ``inputs``; how is said by the histories) or an operator of
    :mod:`ml.features.expressions` over raw columns and earlier features. ``dtype`` is ``numeric``
    or ``category`` (the position in ``categories``). ``weights``: one per input, or the splits of a tree.
    ``monotone``: 1 when a higher value may only
    raise the probability of default, -1 when it may only lower it, 0 when the data decide.
    ``reason_code`` is empty exactly when the feature may never be given as a reason; where the value is
    missing, ``missing_reason_code`` is the reason, if there is one.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    label_en: str
    label_fr: str
    unit: str
    reason_code: str
    reason_allowed: bool
    monotone: int = 0
    dtype: str = "numeric"
    weights: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    missing_reason_code: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The feature as JSON-ready values; :meth:`from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Feature:
        """Rebuild a feature from a manifest."""
        lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list | tuple)}
        return cls(**{**entry, **lists})


@dataclass(frozen=True)
class Specification:
    """The ordered features of one product, and the histories that their aggregates come from."""

    product: str
    version: str
    features: tuple[Feature, ...]
    histories: tuple[History, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in the order of the matrix columns."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The raw application columns needed, each once, in order of first use."""
        needed = {name: None for feature in self.features if feature.op != "aggregate" for name in feature.inputs}
        derived = {feature.name for feature in self.features if feature.op != "column"}
        return tuple(name for name in needed if name not in derived)

    @cached_property
    def categorical(self) -> tuple[int, ...]:
        """Matrix positions of the category features."""
        return tuple(i for i, feature in enumerate(self.features) if feature.dtype == "category")

    @cached_property
    def empty_values(self) -> dict[str, float]:
        """What stands for each aggregate among the features where an applicant has no rows; NaN when missing."""
        aggregates = {each.name: each for history in self.histories for each in history.aggregates}
        made = [aggregates[feature.name] for feature in self.features if feature.op == "aggregate"]
        return {each.name: float("nan") if each.empty is None else each.empty for each in made}

    def feature(self, name: str) -> Feature:
        """Return the feature called ``name``; raises ContractError when there is none."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise ContractError(f"The specification has no feature {name}.", code="unknown_feature")

    @cached_property
    def intermediate(self) -> frozenset[str]:
        """Derived features that other features are made of."""
        derived = {feature.name for feature in self.features if feature.op != "column"}
        made = [feature for feature in self.features if feature.op != "aggregate"]
        return frozenset(name for feature in made for name in feature.inputs if name in derived)

    def without(self, names: Set[str]) -> Specification:
        """The same specification without ``names``, none of them an input of what stays."""
        kept = tuple(feature for feature in self.features if feature.name not in names)
        histories = prune(self.histories, {feature.name for feature in kept})
        return Specification(self.product, self.version, kept, histories)

    def as_dict(self) -> dict[str, Any]:
        """Version, features and histories as JSON-ready values; :meth:`from_dict` is the way back."""
        return {
            "specification_version": self.version,
            "features": [feature.as_dict() for feature in self.features],
            "histories": [history.as_dict() for history in self.histories],
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Specification:
        """Rebuild the specification from a manifest; one without histories has none."""
        features = tuple(Feature.from_dict(each) for each in entry["features"])
        histories = tuple(History.from_dict(each) for each in entry.get("histories", ()))
        return cls(entry["product"], entry["specification_version"], features, histories)


@cache
def load_specification(product: str = "home_credit") -> Specification:
    """Read ``features.toml`` and ``histories/`` of the product, held against its contract; the answer is cached.

    Returns: the specification: raw columns, expressions over them, aggregates of the histories, and what
    leans on aggregates. Labels, units and reason codes of raw columns come from the contract.

    Raises ContractError ``unknown_product`` or ``features_unreadable`` (unknown column or operator,
    an input the contract does not allow, a feature named twice), naming the feature.

    >>> load_specification().feature("credit_to_income").inputs
    ('AMT_CREDIT', 'AMT_INCOME_TOTAL')
    """
    contract = load_contract(product)
    folder = product_folder(product)
    path = folder / "features.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"{path.name}: {error}", code="features_unreadable") from error
    return _Builder(contract, read_histories(contract, folder / "histories")).build(raw)


class _Builder:
    def __init__(self, contract: Contract, parsed: ParsedHistories | None = None) -> None:
        self.contract = contract
        self.parsed = parsed or ParsedHistories((), (), ())
        self.features: dict[str, Feature] = {}

    def build(self, raw: Mapping[str, Any]) -> Specification:
        signs = raw.get("monotone", {})
        for name in raw["columns"]:
            self._add(self._column(name, signs.get(name, 0)))
        early, late = self._by_dependency(raw.get("feature", []))
        for entry in early:
            self._add(self._derived(entry))
        for described in self.parsed.described:
            if described.aggregate.level == "application":
                self._add(_aggregate(described))
        for entry in late:
            self._add(self._derived(entry))
        return Specification(
            self.contract.product, raw["version"], tuple(self.features.values()), self.parsed.histories
        )

    def _by_dependency(self, entries: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Those over application columns alone, and those that come after the aggregates."""
        names = {described.aggregate.name for described in self.parsed.described}
        names |= {entry["name"] for entry in self.parsed.features}
        early, late = [], []
        for entry in entries:
            if names & set(entry["inputs"]):
                names.add(entry["name"])
                late.append(entry)
            else:
                early.append(entry)
        return early, [*self.parsed.features, *late]

    def _add(self, feature: Feature) -> None:
        if feature.name in self.features:
            raise _broken(feature.name, "it is there twice")
        self.features[feature.name] = feature

    def _column(self, name: str, sign: int) -> Feature:
        column = self._input(name, name)
        category = column.dtype == "category"
        return Feature(
            name=name,
            op="column",
            inputs=(name,),
            label_en=column.label_en,
            label_fr=column.label_fr,
            unit=column.unit,
            reason_code=column.reason_code if column.reason_allowed else "",
            reason_allowed=column.reason_allowed,
            monotone=sign,
            dtype="category" if category else "numeric",
            categories=column.categories,
            minimum=column.minimum,
            maximum=column.maximum,
        )

    def _derived(self, entry: dict[str, Any]) -> Feature:
        name, op, inputs = entry["name"], entry["op"], tuple(entry["inputs"])
        if op not in FEATURE_OPERATORS:
            raise _broken(name, f"unknown operator {op!r}; known: {', '.join(FEATURE_OPERATORS)}")
        if len(inputs) < 2 or len(inputs) != ARITY.get(op, len(inputs)):
            raise _broken(name, f"{op} does not take {len(inputs)} inputs")
        weights = _splits(name, entry) if op == "tree" else _weights(name, entry)
        # A reason that leans on a forbidden column would give that column as a reason.
        sources = [self._reason_allowed(name, source) for source in inputs]
        allowed = all(sources) and bool(entry.get("reason_allowed", True))
        if allowed and entry["reason_code"] not in self.contract.reasons:
            raise _broken(name, f"unknown reason {entry['reason_code']!r}")
        return Feature(
            name=name,
            op=op,
            inputs=inputs,
            weights=weights,
            label_en=entry["label_en"],
            label_fr=entry["label_fr"],
            unit=entry["unit"],
            reason_code=entry["reason_code"] if allowed else "",
            reason_allowed=allowed,
            monotone=entry.get("monotone", 0),
            missing_reason_code=entry.get("missing_reason_code", "") if allowed else "",
        )

    def _reason_allowed(self, feature: str, source: str) -> bool:
        known = self.features.get(source)
        if known is not None and known.op != "column":
            return known.reason_allowed
        column = self._input(feature, source)
        if column.dtype == "category":
            raise _broken(feature, f"{source} is a category")
        return column.reason_allowed

    def _input(self, feature: str, name: str) -> Column:
        column = self.contract.application.by_name.get(name)
        if column is None:
            raise _broken(feature, f"unknown input {name}")
        if column.protected or not column.model_input:
            raise _broken(feature, f"{name} may not be an input of a model")
        return column


def _aggregate(described: Described) -> Feature:
    source, aggregate = described.source, described.aggregate
    return Feature(
        name=aggregate.name,
        op="aggregate",
        inputs=(described.table, aggregate.column) if aggregate.column else (described.table,),
        label_en=source.label_en,
        label_fr=source.label_fr,
        unit=source.unit,
        reason_code=source.reason_code,
        reason_allowed=source.reason_allowed,
        monotone=described.monotone,
        missing_reason_code=described.missing_reason_code if source.reason_allowed else "",
    )


def _weights(name: str, entry: Mapping[str, Any]) -> tuple[float, ...]:
    weights = tuple(float(weight) for weight in entry.get("weights", [1.0] * len(entry["inputs"])))
    if len(weights) != len(entry["inputs"]) or min(weights) <= 0:
        raise _broken(name, "one positive weight per input is needed")
    return weights


def _splits(name: str, entry: Mapping[str, Any]) -> tuple[float, ...]:
    """The splits of a tree, one after the other; each may only lead to later ones, so that every walk ends."""
    splits = entry.get("splits", [])
    for place, split in enumerate(splits):
        known = len(split) == SPLIT and split[0] in range(len(entry["inputs"]))
        if not known or any(not place < there < len(splits) for there in split[2:] if there > 0):
            raise _broken(name, f"split {place} leads nowhere")
    if not splits:
        raise _broken(name, "a tree needs splits")
    return tuple(float(number) for split in splits for number in split)


def _broken(feature: str, why: str) -> ContractError:
    return ContractError(f"features.toml: {feature}: {why}.", code="features_unreadable")


def raw_specification(contract: Contract) -> Specification:
    """Every raw column the contract allows as an input, and nothing else: what a plain model would take."""
    names = [column.name for column in contract.application.columns if column.model_input]
    return _Builder(contract).build({"version": "raw", "columns": names})
