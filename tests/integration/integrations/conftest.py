"""A receiver on this machine that answers as it is told and keeps what it was sent."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from accounts.models import Branch
from common.actors import SYSTEM
from integrations.enums import EventType
from integrations.services import webhook_create
from tests.factories.accounts import BranchFactory


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, dict[str, str], str]] = []
        self.answers: list[int] = []
        self.how = "plain"
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, *_args: Any) -> None:
        """The portal hung up on it, as it should."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, body))
        getattr(self, self.server.how)(self.server.answers.pop(0) if self.server.answers else 204)

    def plain(self, status: int) -> None:
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def endless(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 65536)

    def dripping(self, _status: int) -> None:
        for letter in "HTTP/1.1 200 OK\r\nX: " + "y" * 1000:
            if self.server.over.is_set():
                return
            self.wfile.write(letter.encode())
            time.sleep(0.05)

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOW_HTTP = ["127.0.0.1/32"], True
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def branch(db: None) -> Branch:
    return BranchFactory()


@pytest.fixture
def hooked(receiver: Receiver, branch: Branch) -> Any:
    """An endpoint of the branch that is told of everything, and its secret."""
    return webhook_create(name="ERP", url=receiver.url, events=EventType.values, branch=branch, actor=SYSTEM)


@pytest.fixture
def webhook(hooked: Any) -> Any:
    return hooked[0]
