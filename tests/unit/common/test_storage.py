from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from common.storage import WholeFileStorage


class TornOff(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionError("the machine went away")
        return super().read(4)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_file_is_whole(tmp_path: Path):
    store = WholeFileStorage(location=tmp_path / "store")
    store.save("one/1.json", ContentFile(b"all of it"))
    assert (tmp_path / "store" / "one" / "1.json").read_bytes() == b"all of it"
    assert files(tmp_path) == ["1.json"]


def test_half_a_file_is_none(tmp_path: Path):
    store = WholeFileStorage(location=tmp_path)
    with pytest.raises(ConnectionError):
        store.save("1.json", TornOff(b"the first half"))
    assert files(tmp_path) == []


def test_nothing_is_overwritten(tmp_path: Path):
    store = WholeFileStorage(location=tmp_path)
    first = store.save("1.json", ContentFile(b"first"))
    second = store.save("1.json", ContentFile(b"second"))
    assert first != second
    assert (tmp_path / first).read_bytes() == b"first"
