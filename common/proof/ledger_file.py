"""An exported ledger read line by line; what is wrong with a line is a finding, and the reading goes on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.proof.chain import Block, Finding, Leaf, check_record, record_sha256
from common.proof.strict import Unreadable, exactly, made, parse

BLOCK, RECORD = {"kind", "block"}, {"kind", "leaf", "values"}
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class WrittenBlock(Block):
    """A block that knows its line."""

    at: int = 0

    @property
    def line(self) -> int:
        return self.at


@dataclass(frozen=True)
class WrittenLeaf(Leaf):
    """A sealed record that knows its line."""

    at: int = 0

    @property
    def line(self) -> int:
        return self.at


class LedgerFile:
    """What was read by block number: ``hashes``, the first line (``lines``) and the last one so far (``ends``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hashes: dict[int, str] = {}
        self.lines: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.findings: list[Finding] = []
        self._block: WrittenBlock | None = None

    def blocks(self) -> Iterator[tuple[Block, list[Leaf]]]:
        leaves: list[Leaf] = []
        for entry in self._entries():
            if isinstance(entry, WrittenLeaf):
                leaves.append(entry)
                continue
            if self._block:
                yield self._block, leaves
            self._block, leaves = entry, []
            self.hashes[entry.number] = entry.sha256
            self.ends[entry.number] = entry.line
            self.lines.setdefault(entry.number, entry.line)
        if self._block:
            yield self._block, leaves
        else:
            self._bad(f"{self.path.name} holds no block: there is nothing to prove.", 0, kind="empty")

    def _entries(self) -> Iterator[WrittenBlock | WrittenLeaf]:
        for number, raw in self._raw():
            entry = self._entry(raw, number)
            if self._block and not isinstance(entry, WrittenBlock):
                self.ends[self._block.number] = number
            if entry:
                yield entry

    def _raw(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            with self.path.open("rb") as lines:
                while line := lines.readline(LONGEST):
                    number += 1
                    yield number, line
        except OSError as error:
            self._bad(f"{self.path.name} cannot be read: {error.strerror}.", number)

    def _entry(self, raw: bytes, number: int) -> WrittenBlock | WrittenLeaf | None:
        try:
            return self._parsed(raw, number)
        except (ValueError, RecursionError) as error:
            said = str(error) if isinstance(error, Unreadable) else type(error).__name__
            self._bad(f"Line {number} of {self.path.name} cannot be read: {said}.", number)
        return None

    def _parsed(self, raw: bytes, number: int) -> WrittenBlock | WrittenLeaf | None:
        if not raw.strip():
            raise Unreadable("it is blank")
        said = parse(raw)
        kind = said.get("kind") if isinstance(said, dict) else None
        if kind == "block":
            return WrittenBlock(**asdict(made(Block, exactly(said, BLOCK)["block"])), at=number)
        if kind == "record":
            leaf = made(Leaf, exactly(said, RECORD)["leaf"])
            return self._record(WrittenLeaf(**asdict(leaf), at=number), said["values"])
        raise Unreadable("it is neither a block nor a record")

    def _record(self, leaf: WrittenLeaf, values: Any) -> WrittenLeaf | None:
        if values is not None and not isinstance(values, dict):
            raise Unreadable("values is of the wrong type")
        now = None if values is None else record_sha256(leaf.record_type, leaf.record_id, values)
        finding = check_record(leaf, now)
        if finding:
            self.findings.append(finding)
        if self._block is None:
            self._bad(f"Line {leaf.line} of {self.path.name} stands before the first block.", leaf.line)
            return None
        return leaf

    def _bad(self, message: str, line: int, *, kind: str = "unreadable") -> None:
        block = self._block.number if self._block else 0
        self.findings.append(Finding(block, -1, kind, "", "", message, line))
