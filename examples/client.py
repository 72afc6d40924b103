"""Submit an application, wait for its reasons, print them. Needs Python only.

PORTAL_URL=http://127.0.0.1:8000 PORTAL_KEY=prefix.secret python examples/client.py application.json
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

WAITS = (0.5, 1, 2, 4, 8)
EXPLANATION_SECONDS = 60


class Problem(Exception):
    """The portal's answer when it does not do what was asked: an RFC 9457 document with a stable ``code``."""

    def __init__(self, document: dict[str, Any], seconds: float) -> None:
        super().__init__(f"{document['status']} {document['code']}: {document['title']}")
        self.document = document
        self.seconds = seconds
        self.passes = document["status"] >= 500 or document["code"] == "request_in_flight"


class Portal:
    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"Api-Key {key}", "Accept": "application/json"}

    def get(self, path: str) -> Any:
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Any) -> Any:
        """One key for all tries: however often the answer gets lost, the portal acts once."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
        return self._send("POST", path, json.dumps(body).encode(), headers)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        url = self.url + path
        request = urllib.request.Request(url, body, self.headers | headers, method=method)  # noqa: S310
        for seconds in WAITS:
            try:
                return _once(request)
            except Problem as problem:
                if not problem.passes:
                    raise
                time.sleep(problem.seconds or seconds)
            except urllib.error.URLError:
                time.sleep(seconds)
        return _once(request)


def _once(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the address is the caller's own
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Problem(json.load(error), float(error.headers.get("Retry-After", 0))) from error


def explanation(portal: Portal, url: str) -> Any:
    """Computed in the background: ask until it is there."""
    until = time.monotonic() + EXPLANATION_SECONDS
    while (body := portal.get(url))["status"] == "pending" and time.monotonic() < until:
        time.sleep(0.5)
    return body


def main() -> int:
    portal = Portal(os.environ.get("PORTAL_URL", "http://127.0.0.1:8000"), os.environ["PORTAL_KEY"])
    application = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        score = portal.post("/api/v1/applications", application | {"score": True})["score"]
    except Problem as problem:
        print(json.dumps(problem.document, indent=2), file=sys.stderr)
        return 1
    print(f"{score['probability_of_default']:.1%}, grade {score['risk_grade']}: {score['recommendation']}")
    why = explanation(portal, score["explanation"]["url"])
    for reason in why["principal_reasons"] or []:
        print(f"- {reason['text']}")
    return 0 if why["status"] == "ready" else 1


if __name__ == "__main__":
    raise SystemExit(main())
