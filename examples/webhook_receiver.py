"""Receive the portal's webhooks: check who sent them, answer quickly, do the work afterwards. Standard library only.

WEBHOOK_SECRET=whsec_... python3 examples/webhook_receiver.py 8080
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 300
MOST_BYTES = 64 * 1024


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> dict:
    """The message, or ValueError when it is not the portal's, was altered, or is an old one sent once more."""
    message_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > TOLERANCE_SECONDS:
        raise ValueError("too old, or a clock is wrong")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(signed).decode()
    # two signatures while the secret is rotated: one that holds is enough
    if not any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split()):
        raise ValueError("the signature does not hold")
    return json.loads(body)


class Receiver(BaseHTTPRequestHandler):
    timeout = 10
    seen: set[str] = set()  # in earnest a table: a message may come twice, under the same id

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MOST_BYTES))
        try:
            message = verify(os.environ["WEBHOOK_SECRET"], self.headers, body)
        except (ValueError, TypeError, AttributeError):  # a header is missing or is no number
            return self.answer(400)
        if self.headers["webhook-id"] not in self.seen:
            self.seen.add(self.headers["webhook-id"])
            print(message["type"], message["data"], flush=True)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Quiet: it prints what it received."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
