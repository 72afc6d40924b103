"""Merkle trees as in RFC 6962: a root that commits to an ordered list, and short proofs that an entry is in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

# Leaves and nodes are hashed apart, so that a node can never be passed off as a leaf.
LEAF, NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class Step:
    """One level of a proof: the neighbour's hash, and whether the neighbour stands on the left."""

    sha256: str
    is_left: bool


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(LEAF + content).digest()


def root(leaves: Sequence[bytes]) -> str:
    """The root over ``leaves`` (contents, not hashes) in hex; the root of nothing is the hash of nothing."""
    level = [leaf_hash(content) for content in leaves]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        level = _above(level)
    return level[0].hex()


def proof(leaves: Sequence[bytes], position: int) -> list[Step]:
    """The neighbours on the way from the leaf at ``position`` up to the root."""
    level, steps = [leaf_hash(content) for content in leaves], []
    while len(level) > 1:
        neighbour = position ^ 1
        if neighbour < len(level):
            steps.append(Step(level[neighbour].hex(), neighbour < position))
        level, position = _above(level), position // 2
    return steps


def root_from(content: bytes, steps: Sequence[Step]) -> str:
    """The root that a leaf and its proof lead to; the leaf is in the tree when it is the tree's root."""
    current = leaf_hash(content)
    for step in steps:
        other = bytes.fromhex(step.sha256)
        current = _node(other, current) if step.is_left else _node(current, other)
    return current.hex()


def _above(level: list[bytes]) -> list[bytes]:
    paired = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return paired + level[-1:] if len(level) % 2 else paired


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()
