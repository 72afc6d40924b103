import os
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from creditportal.embedded import ports
from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout
from creditportal.serve import preflight
from creditportal.serve.lock import SupervisorLock

Usage = namedtuple("Usage", "total used free")


def test_taken_port_is_named_with_its_holder() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StartError, match=rf"Port {port} is already in use by .*process {os.getpid()}"):
            preflight.port_check("127.0.0.1", port)


def test_port_of_last_time_is_kept_while_it_is_free() -> None:
    port = ports.choose(None)
    assert ports.choose(port) == port


@pytest.mark.parametrize("value", ["http", "0", "70000", "-1"])
def test_impossible_port_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(StartError, match="from 1 to 65535"):
        preflight.port_number()


def test_data_folder_under_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"data folder .*file/data cannot be written to"):
        preflight.data_folder_check(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_data_folder_that_is_not_writable_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StartError, match="Permission denied"):
        preflight.data_folder_check(tmp_path)


def test_full_disk_names_the_folder_and_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 12 * preflight.MEGABYTE))
    with pytest.raises(StartError, match=rf"Only 12 MB are free for the data folder {tmp_path}"):
        preflight.data_folder_check(tmp_path)


def test_little_space_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _path: Usage(0, 0, 900 * preflight.MEGABYTE))
    assert "only 900 MB" in preflight.data_folder_check(tmp_path)


def test_second_supervisor_is_told_about_the_first(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first = SupervisorLock(layout)
    first.take("http://127.0.0.1:8000")
    with pytest.raises(StartError, match=rf"already runs .*http://127.0.0.1:8000 \(process {os.getpid()}\)"):
        SupervisorLock(layout).take("http://127.0.0.1:8001")
    first.release()
    second = SupervisorLock(layout)
    second.take("http://127.0.0.1:8001")
    second.release()


def test_secrets_are_random_kept_and_private(tmp_path: Path) -> None:
    known = Layout(tmp_path / "one").secrets()
    assert Layout(tmp_path / "one").secrets() == known
    assert not set(known.values()) & set(Layout(tmp_path / "two").secrets().values())
    assert (tmp_path / "one" / "secrets.json").stat().st_mode & 0o777 == 0o600
