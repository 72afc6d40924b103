"""Whatever is changed in an exported ledger, the verifier names it and ends; it never dies and never shrugs."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.ledger import checkpoints
from common.ledger.export import export
from common.proof.__main__ import LEDGER
from common.proof.__main__ import main as prove
from tests.ledger_attacks import EVENTS, sealed_history

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]
Prove = Callable[[list[str]], str]
BLOCK, RECORD = EVENTS + 1, EVENTS + 3  # the second block, and its second record
MALFORMED = {
    "blank": "",
    "no JSON": "nonsense",
    "another object": '{"x": 1}',
    "a list": "[]",
    "nothing": "null",
    "deep": "[" * 100_000,
    "long number": '{"kind": ' + "9" * 5_000 + "}",
    "infinite": '{"kind": "record", "leaf": {}, "values": {"a": 1e999}}',
    "not a number": '{"kind": NaN}',
    "surrogate": '{"kind": "record", "leaf": {}, "values": {"a": "\\ud800"}}',
    "name twice": '{"kind": "block", "kind": "record"}',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sealed_history()
    target = tmp_path / "export"
    export(target)
    return target


@pytest.fixture
def lines(folder: Path) -> list[str]:
    return (folder / LEDGER).read_text().splitlines()


@pytest.fixture
def doctored(folder: Path, capsys: pytest.CaptureFixture[str]) -> Prove:
    """What the verifier says of these lines, which are not those of the export."""

    def run(changed: list[str]) -> str:
        (folder / LEDGER).write_text("\n".join(changed) + "\n", encoding="utf-8", errors="surrogatepass")
        status = prove([str(folder), "--key", str(folder / checkpoints.PUBLIC_NAME)])
        said = capsys.readouterr().out
        assert status == 1, said
        assert "Nothing was altered" not in said
        return str(said)

    return run


def changes(said: Any) -> Iterator[Any]:
    """The document with one value changed, taken away or added, for each place in it."""
    for name, value in said.items():
        for other in (_other(value), [], None if value is not None else 0):
            yield {**said, name: other}
        yield {key: kept for key, kept in said.items() if key != name}
        if isinstance(value, dict):
            yield from ({**said, name: inner} for inner in changes(value))
    yield {**said, "more": 1}


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}0" if isinstance(value, str) else "other"


@pytest.mark.parametrize("place", [BLOCK, RECORD])
def test_any_value_of_a_line(doctored: Prove, lines: list[str], place: int) -> None:
    said = json.loads(lines[place])
    for changed in changes(said):
        found = doctored([*lines[:place], json.dumps(changed), *lines[place + 1 :]])
        assert found.count("\n") >= 2, changed  # at least one finding, and how many there are


@pytest.mark.parametrize("bad", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("place", [0, BLOCK, RECORD])
def test_line_that_cannot_be_read_is_named(doctored: Prove, lines: list[str], bad: str, place: int) -> None:
    for changed in ([*lines[:place], bad, *lines[place:]], [*lines[:place], bad, *lines[place + 1 :]]):
        assert f"Line {place + 1} of {LEDGER} cannot be read" in doctored(changed)


def test_lines_moved_dropped_and_repeated(doctored: Prove, lines: list[str]) -> None:
    swapped = copy.copy(lines)
    swapped[RECORD], swapped[RECORD + 1] = swapped[RECORD + 1], swapped[RECORD]
    assert "out_of_order: block 2" in doctored(swapped)
    assert "entries_wrong" in doctored([*lines[:RECORD], *lines[RECORD + 1 :]])
    assert "duplicate" in doctored([*lines[:RECORD], lines[RECORD], *lines[RECORD:]])
    assert "head_missing" in doctored(lines[BLOCK:])
    assert "tail_missing" in doctored(lines[:BLOCK])
    assert "block_missing" in doctored([*lines[:BLOCK], *lines[2 * (EVENTS + 1) :]])
    elsewhere = json.loads(lines[RECORD])
    elsewhere["leaf"]["block"] = 1
    moved = doctored([*lines[:RECORD], json.dumps(elsewhere), *lines[RECORD + 1 :]])
    assert "misplaced: block 2, entry 1" in moved


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"\n\n"])
def test_file_of_something_else(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (folder / LEDGER).write_bytes(content)
    assert prove([str(folder), "--key", str(folder / checkpoints.PUBLIC_NAME)]) == 1
    assert "holds no block" in capsys.readouterr().out


def test_missing_file_folder_or_key_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = str(folder / checkpoints.PUBLIC_NAME)
    assert prove([str(folder / "elsewhere"), "--key", key]) == 2
    assert prove([str(folder), "--key", str(folder / LEDGER)]) == 2
    assert prove([str(folder), "--key", str(folder / "none.pem")]) == 2
    assert "is no Ed25519 key" in capsys.readouterr().err
    (folder / LEDGER).unlink()
    assert prove([str(folder), "--key", key]) == 1


def test_checkpoint_with_more_than_was_signed_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sorted((folder / "checkpoints").glob("*.json"))[0]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"note": "1"}))
    assert prove([str(folder), "--key", str(folder / checkpoints.PUBLIC_NAME)]) == 1
    assert "checkpoint_forged" in capsys.readouterr().out
