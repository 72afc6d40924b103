"""An exported ledger, read line by line: what cannot be read is a finding with its line, never the end of the proof."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.proof.chain import Block, Finding, Leaf, check_record, record_sha256
from common.proof.strict import Unreadable, exactly, made, parse

BLOCK, RECORD = {"kind", "block"}, {"kind", "leaf", "values"}
LONGEST = 64 * 1024 * 1024


@dataclass
class LedgerFile:
    """``hashes`` of the blocks by number and ``findings`` about lines and records grow while ``blocks`` is read."""

    path: Path
    hashes: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def blocks(self) -> Iterator[tuple[Block, list[Leaf]]]:
        block: Block | None = None
        leaves: list[Leaf] = []
        for number, line in self._lines():
            try:
                read = self._read(line)
            except (ValueError, RecursionError) as error:
                said = str(error) if isinstance(error, Unreadable) else type(error).__name__
                self._note(block, len(leaves), f"Line {number} of {self.path.name} cannot be read: {said}.")
                continue
            if isinstance(read, Leaf):
                leaves.append(read)
                if block is None:
                    self._note(None, 0, f"Line {number} of {self.path.name} stands before the first block.")
                continue
            if block:
                yield block, leaves
            block, leaves = read, []
            self.hashes[block.number] = block.sha256
        if block:
            yield block, leaves
        else:
            self._note(None, -1, f"{self.path.name} holds no block: there is nothing to prove.", kind="empty")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        try:
            with self.path.open("rb") as lines:
                number = 0
                while line := lines.readline(LONGEST):
                    number += 1
                    yield number, line
        except OSError as error:
            self._note(None, -1, f"{self.path.name} cannot be read: {error.strerror}.")

    def _read(self, line: bytes) -> Block | Leaf:
        said = parse(line)
        if isinstance(said, dict) and said.get("kind") == "block":
            return made(Block, exactly(said, BLOCK)["block"])
        if isinstance(said, dict) and said.get("kind") == "record":
            return self._leaf(exactly(said, RECORD))
        raise Unreadable("it is neither a block nor a record")

    def _leaf(self, line: dict[str, Any]) -> Leaf:
        leaf, values = made(Leaf, line["leaf"]), line["values"]
        if values is not None and not isinstance(values, dict):
            raise Unreadable("values is of the wrong type")
        now = None if values is None else record_sha256(leaf.record_type, leaf.record_id, values)
        finding = check_record(leaf, now)
        if finding:
            self.findings.append(finding)
        return leaf

    def _note(self, block: Block | None, position: int, message: str, *, kind: str = "unreadable") -> None:
        self.findings.append(Finding(block.number if block else 0, position, kind, "", "", message))
