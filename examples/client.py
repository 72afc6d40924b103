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

TRIES = 6
EXPLANATION_SECONDS = 60


class Problem(Exception):
    """The portal's answer when it does not do what was asked: an RFC 9457 document with a stable ``code``."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(f"{document['status']} {document['code']}: {document['title']}")
        self.document = document


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
        request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
            self.url + path, body, self.headers | headers, method=method
        )
        for attempt in range(1, TRIES + 1):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = Problem(json.load(error))
                passes = error.code >= 500 or problem.document["code"] == "request_in_flight"
                if not passes or attempt == TRIES:
                    raise problem from error
                wait = float(error.headers.get("Retry-After", 2**attempt / 2))
            except urllib.error.URLError:
                if attempt == TRIES:
                    raise
                wait = 2**attempt / 2
            time.sleep(wait)


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
