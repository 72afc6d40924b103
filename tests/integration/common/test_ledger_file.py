"""Whatever is changed in an exported ledger, the verifier names the first bad line, and never breaks."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from common.ledger import checkpoints
from common.ledger.export import VERIFIER, export
from common.ledger.sealing import seal_all
from tests.file_attacks import MALFORMED, changes, said_twice, verdict
from tests.ledger_attacks import BLOCKS, EVENTS, happen, sealed_history

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_store")]
Verdict = Callable[[list[bytes]], tuple[int, str]]
BLOCK, RECORD = EVENTS + 1, EVENTS + 3  # the header and the second entry of block 2, counted from 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sealed_history()
    export(tmp_path / "export")
    return tmp_path / "export"


@pytest.fixture
def lines(folder: Path) -> list[bytes]:
    return (folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)


@pytest.fixture
def on(folder: Path, capsys: pytest.CaptureFixture[str]) -> Verdict:
    def judged(lines: list[bytes]) -> tuple[int, str]:
        (folder / "ledger.jsonl").write_bytes(b"".join(lines))
        return verdict(folder, folder / checkpoints.PUBLIC_NAME, capsys)

    return judged


def put(lines: list[bytes], place: int, line: bytes) -> list[bytes]:
    return [*lines[:place], line, *lines[place + 1 :]]


def test_every_field_of_every_kind_of_line(lines: list[bytes], on: Verdict) -> None:
    missed = []
    for place in (0, 1, BLOCK, RECORD, BLOCKS * (EVENTS + 1) - 1):
        altered = [(what, json.dumps(line).encode() + b"\n") for what, line in changes(json.loads(lines[place]))]
        for what, raw in [*altered, *said_twice(lines[place])]:
            code, first = on(put(lines, place, raw))
            if code != 1 or f"line {place + 1}:" not in first or ("twice" in what and "twice" not in first):
                missed.append((what, code, first))
    assert missed == []


def test_malformed_line_is_named(lines: list[bytes], on: Verdict) -> None:
    for what, place in product([*MALFORMED, "blank"], [0, BLOCK, RECORD, len(lines) - 1]):
        raw = MALFORMED.get(what, b"") + b"\n"
        for given in (put(lines, place, raw), [*lines[:place], raw, *lines[place:]]):
            code, first = on(given)
            assert (code, f"line {place + 1}:" in first) == (1, True), (what, first)


def test_kind_is_one_of_two(lines: list[bytes], on: Verdict) -> None:
    for kind, place in product(["", "Block", "record ", "event", "record", "block"], [BLOCK, RECORD]):
        line = json.loads(lines[place])
        if line["kind"] != kind:
            code, first = on(put(lines, place, json.dumps(line | {"kind": kind}).encode() + b"\n"))
            assert (code, f"line {place + 1}:" in first) == (1, True), first


def test_swapped_lines_are_out_of_order(lines: list[bytes], on: Verdict) -> None:
    code, first = on([*lines[:2], lines[3], lines[2], *lines[4:]])
    assert code == 1
    assert re.fullmatch(r"out_of_order: block 1, entry 2, line 3: \S+ \S+ Entry 2 stands where entry 1 belongs.", first)


def test_any_line_swapped_duplicated_dropped_or_moved(lines: list[bytes], on: Verdict) -> None:
    missed = []
    for place in range(len(lines)):
        near, far = (place + 1) % len(lines), (place + EVENTS + 1) % len(lines)
        for other in (near, far):
            missed += judged(on, f"swap {other}", place, put(put(lines, place, lines[other]), other, lines[place]))
        missed += judged(on, "duplicate", place, [*lines[:place], lines[place], *lines[place:]])
        missed += judged(on, "duplicate at the end", place, [*lines, lines[place]])
        missed += judged(on, "drop", place, [*lines[:place], *lines[place + 1 :]])
        missed += judged(on, "cut", place, lines[:place])
        missed += judged(on, "cut within", place, [*lines[:place], lines[place][:20]])
    assert missed == []


def judged(on: Verdict, what: str, place: int, lines: list[bytes]) -> list[tuple[str, int, int, str]]:
    code, first = on(lines)
    is_named = re.match(r"\w+: (block \d+|line \d+|export)", first)
    return [] if code == 1 and is_named else [(what, place, code, first)]


def test_number_that_is_read_as_another_is_found(lines: list[bytes], on: Verdict) -> None:
    assert b"0.1" in lines[RECORD]
    code, first = on(put(lines, RECORD, lines[RECORD].replace(b"0.1", b"0.1000000000000000000001")))
    assert (code, first.split(":")[0]) == (1, "unreadable")


def test_hostile_text_is_printed_harmless(lines: list[bytes], on: Verdict) -> None:
    line = json.loads(lines[RECORD])
    line["leaf"]["record_id"] = "\x1b[2Jé\nNothing was altered."
    code, first = on(put(lines, RECORD, json.dumps(line).encode() + b"\n"))
    assert (code, first.isascii(), first.isprintable()) == (1, True, True)


def test_file_that_is_no_ledger(on: Verdict) -> None:
    assert on([]) == (1, "empty: export: ledger.jsonl holds no block: there is nothing to prove.")
    for raw in MALFORMED.values():
        code, first = on([raw])
        assert (code, "line 1:" in first) == (1, True), first


def test_unreadable_files_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, ledger = folder / checkpoints.PUBLIC_NAME, folder / "ledger.jsonl"
    ledger.unlink()
    ledger.mkdir()
    code, first = verdict(folder, key, capsys)
    assert (code, "ledger.jsonl" in first) == (1, True), first


def test_checkpoints_are_read_as_strictly(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path, *_between, last), key = sorted((folder / "checkpoints").iterdir()), folder / checkpoints.PUBLIC_NAME
    found = []
    for raw in (b"", *MALFORMED.values()):
        path.write_bytes(raw)
        found.append(verdict(folder, key, capsys))
    path.unlink()
    path.mkdir()
    found.append(verdict(folder, key, capsys))
    assert {(code, first.split(":")[0]) for code, first in found} == {(1, "checkpoint_forged")}, found
    path.rmdir()
    last.unlink()
    assert verdict(folder, key, capsys)[1].startswith("unsigned: block 4")


def test_every_field_of_a_checkpoint(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sorted((folder / "checkpoints").iterdir())[1]
    whole = path.read_bytes()
    given = [json.dumps(changed).encode() for _what, changed in changes(json.loads(whole))]
    given += [raw for _what, raw in said_twice(whole)] + [whole.replace(b'=="', b'==="'), whole.replace(b'=="', b'"')]
    for raw in given:
        path.write_bytes(raw)
        code, first = verdict(folder, folder / checkpoints.PUBLIC_NAME, capsys)
        assert (code, first.split(":")[0]) == (1, "checkpoint_forged"), raw


def test_twenty_clean_exports_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(20):
        for event in range(number % 4 + 1):
            happen(event)
        seal_all()
        export(tmp_path / str(number))
        key = tmp_path / str(number) / checkpoints.PUBLIC_NAME
        assert verdict(tmp_path / str(number), key, capsys) == (0, "Nothing was altered.")


def test_no_traceback_from_the_verifier_alone(folder: Path, lines: list[bytes]) -> None:
    command = [sys.executable, "-I", str(folder / VERIFIER), str(folder), "--key", str(folder / "ledger_public.pem")]
    for raw in (MALFORMED["nested"], MALFORMED["half a character"], b'{"kind":"\xc3\xa9"}'):
        (folder / "ledger.jsonl").write_bytes(b"".join(put(lines, RECORD, raw + b"\n")))
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
        assert (done.returncode, done.stderr) == (1, "")
        assert f"line {RECORD + 1}:" in done.stdout.splitlines()[0]
