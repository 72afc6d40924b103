"""Several boosters as one: their trees side by side, each leaf worth its share of the mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

import lightgbm as lgb

_SCALED = re.compile(r"^(leaf_value|internal_value)=(.*)$", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*$", re.MULTILINE)
_FIRST, _END = "\nTree=0\n", "end of trees\n"


def mean_booster(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """The booster whose raw margin is the mean of those of ``boosters``, at least one, over the same matrix.

    One booster with all their trees, so that its contributions stay exact and sum to its margin. LightGBM's
    text is put together, because nothing public merges boosters; it is read back at once, so that a
    format this does not know is an error and never another model.

    Raises ValueError: no booster, or of different features.
    """
    if len({tuple(booster.feature_name()) for booster in boosters}) != 1:
        raise ValueError("Boosters over the same features are needed.")
    if len(boosters) == 1:
        return boosters[0]
    texts = [booster.model_to_string(num_iteration=-1) for booster in boosters]
    trees = [_scaled(tree, len(boosters)) for text in texts for tree in _trees(text)]
    trees = [f"Tree={number}\n{tree}" for number, tree in enumerate(trees)]
    head, tail = texts[0].split(_FIRST)[0], texts[0].split(_END)[1]
    sizes = " ".join(str(len(tree.encode())) for tree in trees)
    head = _SIZES.sub(f"tree_sizes={sizes}", head)
    merged = lgb.Booster(model_str=f"{head}\n{''.join(trees)}{_END}{tail}")
    if merged.num_trees() != sum(booster.num_trees() for booster in boosters):
        raise ValueError("LightGBM did not read back every tree.")
    return merged


def _trees(text: str) -> list[str]:
    """The trees of a model's text, each without its number."""
    body = text[text.index(_FIRST) + 1 :].split(_END)[0]
    return re.split(r"^Tree=\d+\n", body, flags=re.MULTILINE)[1:]


def _scaled(tree: str, members: int) -> str:
    def share(found: re.Match[str]) -> str:
        return f"{found[1]}={' '.join(repr(float(value) / members) for value in found[2].split())}"

    return _SCALED.sub(share, tree)
