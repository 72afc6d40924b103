"""What a ledger consists of, and what can be wrong with it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from common.canonical import canonical_json, sha256_of
from common.proof import merkle

NOTHING_BEFORE = "0" * 64
# What is known only when every entry of a block was read.
WHOLE = ("entries_wrong", "entries_altered")


@dataclass(frozen=True)
class Leaf:
    """One sealed record: its place in a block, and the digest it had when it was written."""

    block: int
    position: int
    record_type: str
    record_id: str
    sha256: str

    @property
    def content(self) -> bytes:
        """What the Merkle tree commits to."""
        return canonical_json([self.record_type, self.record_id, self.sha256])

    @property
    def line(self) -> int:
        """Where it stands in a file; 0 when it was read from elsewhere."""
        return 0


@dataclass(frozen=True)
class Block:
    """A sealed block; ``previous`` is the hash of the one before, so that their order is fixed, too."""

    ledger_id: str
    number: int
    previous: str
    merkle_root: str
    entries: int
    sealed_at: str
    sha256: str = ""

    def digest(self) -> str:
        return sha256_of({name: getattr(self, name) for name in DIGESTED})

    @property
    def line(self) -> int:
        """Where it stands in a file; 0 when it was read from elsewhere."""
        return 0


DIGESTED = [field.name for field in fields(Block) if field.name != "sha256"]


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is not as it was sealed. Ordered by where it stands, so that the first bad entry comes first."""

    block: int
    position: int
    kind: str
    record_type: str
    record_id: str
    message: str
    line: int = 0


def record_sha256(record_type: str, record_id: str, values: Mapping[str, Any]) -> str:
    """The digest of one record over every column it had when it was written."""
    return sha256_of({"type": record_type, "id": record_id, "values": values})


def check_blocks(blocks: Iterable[tuple[Block, Sequence[Leaf]]]) -> Iterator[Finding]:
    """Whether the blocks follow each other without a gap and hold what they were sealed with."""
    before: Block | None = None
    seen: Counter[tuple[str, str]] = Counter()
    for block, leaves in blocks:
        yield from _place(block, before)
        yield from _content(block, leaves)
        for leaf in leaves:
            seen[leaf.record_type, leaf.record_id] += 1
            if seen[leaf.record_type, leaf.record_id] == 2:
                yield _about(leaf, "duplicate", "The record is sealed twice.")
        before = block


def _place(block: Block, before: Block | None) -> Iterator[Finding]:
    expected = before.number + 1 if before else 1
    if block.number != expected:
        kind = "block_missing" if before else "head_missing"
        yield _block(block, kind, f"Block {expected} is missing: the next one is {block.number}.")
    elif block.previous != (before.sha256 if before else NOTHING_BEFORE):
        yield _block(block, "chain_broken", f"Block {block.number} does not follow the block before it.")
    if before and block.ledger_id != before.ledger_id:
        yield _block(block, "chain_broken", f"Block {block.number} belongs to another ledger.")


def _content(block: Block, leaves: Sequence[Leaf]) -> Iterator[Finding]:
    if block.digest() != block.sha256:
        yield _block(block, "block_altered", f"Block {block.number} was altered after it was sealed.")
    yield from _order(block, leaves)
    if len(leaves) != block.entries:
        yield _block(block, WHOLE[0], f"Block {block.number} holds {len(leaves)} entries, not {block.entries}.")
    elif merkle.root([leaf.content for leaf in leaves]) != block.merkle_root:
        yield _block(block, WHOLE[1], f"The entries of block {block.number} are not those it was sealed with.")


def _order(block: Block, leaves: Sequence[Leaf]) -> Iterator[Finding]:
    """The first entry that does not stand where it says, and each that says another block."""
    for place, leaf in enumerate(leaves):
        if leaf.position != place:
            message = f"Entry {leaf.position} stands where entry {place} belongs."
            yield _about(leaf, "out_of_order", message)
            break
    for leaf in leaves:
        if leaf.block != block.number:
            message = f"The entry says block {leaf.block} and stands in block {block.number}."
            yield replace(_about(leaf, "misplaced", message), block=block.number)


def check_record(leaf: Leaf, sha256: str | None) -> Finding | None:
    """Whether a record is still what was sealed; ``sha256`` is its digest now, None when it is gone."""
    if sha256 is None:
        return _about(leaf, "deleted", "The record is gone.")
    if sha256 != leaf.sha256:
        return _about(leaf, "altered", "The record is not what was sealed.")
    return None


def _block(block: Block, kind: str, message: str) -> Finding:
    return Finding(block.number, -1, kind, "", "", message, block.line)


def _about(leaf: Leaf, kind: str, message: str) -> Finding:
    return Finding(leaf.block, leaf.position, kind, leaf.record_type, leaf.record_id, message, leaf.line)
