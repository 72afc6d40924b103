"""Files sealed in frames: round trips, places, what was altered or cut, and the files that are on disk already."""

import io
import uuid
from functools import partial
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from common import crypto, sealed_files
from common.sealed_files import FRAME, SEALED
from decisions.audit import vault as exports
from scoring.batches import vault as batches

pytestmark = pytest.mark.django_db
OWNER = uuid.UUID(int=7)
LONG = bytes(range(256)) * (FRAME // 128) + b"the end"  # two frames and seven bytes
LENGTH = len(LONG)


@pytest.fixture
def storage(tmp_path):
    return FileSystemStorage(tmp_path)


@pytest.fixture
def key():
    return crypto.subject_key_create()


def bound(number):
    return uuid.uuid5(OWNER, f"file:{number}")


def in_pieces(content, size):
    return (content[start : start + size] for start in range(0, len(content), size))


def reopened(storage, name, key, size=LENGTH, bound_to=bound):
    return sealed_files.opened(storage.open(name), size, key, bound_to)


@pytest.mark.parametrize("size", [1000, FRAME, len(LONG)])
def test_what_goes_in_comes_out_however_it_was_sent(storage, key, size):
    name = sealed_files.save(storage, "a/file", in_pieces(LONG, size), key, bound)
    with storage.open(name) as stored:
        sealed = stored.read()
    assert len(sealed) == len(LONG) + 3 * (SEALED - FRAME)
    assert b"the end" not in sealed
    with reopened(storage, name, key) as stream:
        assert stream.read() == LONG


def test_it_is_read_from_any_place(storage, key):
    name = sealed_files.save(storage, "a/file", [LONG], key, bound)
    with reopened(storage, name, key) as stream:
        for place in (FRAME - 3, 0, 2 * FRAME, FRAME):
            stream.seek(place)
            assert stream.read(10) == LONG[place : place + 10]
        assert stream.seek(-7, io.SEEK_END) == len(LONG) - 7
        assert stream.read() == b"the end"


def test_an_empty_file_is_empty(storage, key):
    name = sealed_files.save(storage, "a/file", [], key, bound)
    assert reopened(storage, name, key, size=0).read() == b""


def altered(sealed):
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def exchanged(sealed):
    return sealed[SEALED : 2 * SEALED] + sealed[:SEALED] + sealed[2 * SEALED :]


@pytest.mark.parametrize("change", [altered, exchanged, lambda sealed: sealed[: 2 * SEALED], lambda sealed: b""])
def test_what_was_altered_exchanged_or_cut_is_not_read(storage, key, change):
    name = sealed_files.save(storage, "a/file", [LONG], key, bound)
    with storage.open(name) as stored:
        changed = storage.save("a/changed", ContentFile(change(stored.read())))
    with pytest.raises(crypto.DataUnreadable), reopened(storage, changed, key) as stream:
        stream.read()


def test_a_file_opens_as_what_it_is_alone(storage, key):
    name = sealed_files.save(storage, "a/file", [LONG], key, bound)
    other = partial(uuid.uuid5, OWNER)
    for wrong in ({"key": crypto.subject_key_create()}, {"key": key, "bound_to": lambda number: other(f"x:{number}")}):
        with pytest.raises(crypto.DataUnreadable):
            reopened(storage, name, **wrong).read()


def test_a_folder_goes_with_every_file(storage, key, tmp_path):
    for name in ("a/one", "a/two", "b/three"):
        sealed_files.save(storage, name, [b"x"], key, bound)
    sealed_files.delete_folder(storage, "a")
    sealed_files.delete_folder(storage, "a")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_files_that_are_on_disk_stay_readable(key, storage, monkeypatch):
    """Written out by hand, frame by frame, as they always were; a change of layout or binding fails here."""
    owner = SimpleNamespace(id=OWNER, file_key=key, size=len(LONG), source_name=f"{OWNER}/upload")
    place = f"{OWNER}/{uuid.UUID(int=9)}"

    def by_hand(name, words):
        frames = (LONG[start : start + 1_048_576] for start in range(0, len(LONG), 1_048_576))
        bindings = (uuid.uuid5(OWNER, f"{words}:{number}") for number in range(3))
        sealed = b"".join(crypto.encrypt(key, *pair) for pair in zip(frames, bindings, strict=True))
        storage.save(name, ContentFile(sealed))

    by_hand(owner.source_name, "upload")
    by_hand(place, place)
    monkeypatch.setattr(batches, "_storage", lambda: storage)
    monkeypatch.setattr(exports, "_storage", lambda: storage)
    with batches.open_upload(owner) as stream:
        assert stream.read() == LONG
    assert b"".join(exports.pieces(owner, place, len(LONG))) == LONG
