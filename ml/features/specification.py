"""The feature specification of a product: which columns and expressions the model sees, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any

from ml.contract import PRODUCTS_DIR, Contract, load_contract
from ml.contract_types import Column
from ml.errors import ContractError
from ml.features.expressions import ARITY, OPERATORS


@dataclass(frozen=True)
class Feature:
    """One input of the model.

    ``op`` is ``column`` (the raw column named by ``inputs``) or an operator of
    :mod:`ml.features.expressions` over raw columns and earlier features. ``dtype`` is ``numeric``
    or ``category`` (the position in ``categories``). ``monotone``: 1 when a higher value may only
    raise the probability of default, -1 when it may only lower it, 0 when the data decide.
    ``reason_code`` is empty exactly when the feature may never be given as a reason.
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
    """The ordered features of one product."""

    product: str
    version: str
    features: tuple[Feature, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in the order of the matrix columns."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The raw columns needed, each once, in order of first use."""
        needed = {name: None for feature in self.features for name in feature.inputs}
        derived = {feature.name for feature in self.features if feature.op != "column"}
        return tuple(name for name in needed if name not in derived)

    @cached_property
    def categorical(self) -> tuple[int, ...]:
        """Matrix positions of the category features."""
        return tuple(i for i, feature in enumerate(self.features) if feature.dtype == "category")

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
        return frozenset(name for feature in self.features for name in feature.inputs if name in derived)

    def without(self, names: Set[str]) -> Specification:
        """The same specification without ``names``, none of them intermediate."""
        kept = tuple(feature for feature in self.features if feature.name not in names)
        return Specification(self.product, self.version, kept)


@cache
def load_specification(product: str = "home_credit") -> Specification:
    """Read ``ml/products/<product>/features.toml`` and hold it against the product's contract; the answer is cached.

    Returns: the specification; its labels, units and reason codes of raw columns come from the contract.

    Raises ContractError ``unknown_product`` or ``features_unreadable`` (unknown column or operator,
    an input the contract does not allow, a feature named twice), naming the feature.

    >>> load_specification().feature("credit_to_income").inputs
    ('AMT_CREDIT', 'AMT_INCOME_TOTAL')
    """
    contract = load_contract(product)
    path = PRODUCTS_DIR / product / "features.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"{path.name}: {error}", code="features_unreadable") from error
    return _Builder(contract).build(raw)


class _Builder:
    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.features: dict[str, Feature] = {}

    def build(self, raw: Mapping[str, Any]) -> Specification:
        signs = raw.get("monotone", {})
        for name in raw["columns"]:
            self._add(self._column(name, signs.get(name, 0)))
        for entry in raw.get("feature", []):
            self._add(self._derived(entry))
        return Specification(self.contract.product, raw["version"], tuple(self.features.values()))

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
        if op not in OPERATORS:
            raise _broken(name, f"unknown operator {op!r}; known: {', '.join(OPERATORS)}")
        if len(inputs) < 2 or len(inputs) != ARITY.get(op, len(inputs)):
            raise _broken(name, f"{op} does not take {len(inputs)} inputs")
        weights = tuple(float(weight) for weight in entry.get("weights", [1.0] * len(inputs)))
        if len(weights) != len(inputs) or min(weights) <= 0:
            raise _broken(name, "one positive weight per input is needed")
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


def _broken(feature: str, why: str) -> ContractError:
    return ContractError(f"features.toml: {feature}: {why}.", code="features_unreadable")


def raw_specification(contract: Contract) -> Specification:
    """Every raw column the contract allows as an input, and nothing else: what a plain model would take."""
    names = [column.name for column in contract.application.columns if column.model_input]
    return _Builder(contract).build({"version": "raw", "columns": names})
