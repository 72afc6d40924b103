"""``make bench-officers``: on the demo that runs here, what 16 officers at once wait for a case, and one for a what-if.

Every officer has a session of their own and asks for each page equally often. The figure to look at is the ratio to a
page with nothing on it.
"""

import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import requests

OFFICERS, ROUNDS, QUESTIONS = 16, 25, 60
FIELD = re.compile(r'<input[^>]*\bname="([A-Z][A-Z_0-9]+)"[^>]*\bvalue="([^"]*)"')
CHOICE = re.compile(r'<select[^>]*\bname="([A-Z][A-Z_0-9]+)".*?<option value="([^"]*)" selected', re.DOTALL)
CASE = re.compile(r'href="(/cases/[0-9a-f-]{36}/)"')


def main() -> None:
    demo = json.loads((Path(os.environ.get("DATA_DIR", ".data")) / "demo.json").read_text())
    sessions = [_signed_in(demo["url"], demo["accounts"]["officer"]) for _ in range(OFFICERS)]
    case = demo["url"] + CASE.findall(_text(sessions[0].get(f"{demo['url']}/queue/?status=explained")))[0]
    pages = {
        "a page with nothing on it": f"{demo['url']}/accounts/preferences/",
        "queue": f"{demo['url']}/queue/",
        "case": case,
    }
    took = _all_at_once(sessions, list(pages.values()))
    empty = _p95(took[pages["a page with nothing on it"]])
    for what, url in pages.items():
        p95 = _p95(took[url])
        print(f"{what:<40} median {median(took[url]):>7.1f} ms   p95 {p95:>7.1f} ms   {p95 / empty:>5.2f} x")
    questions = _questions(sessions[0], f"{case}what-if/")
    print(f"{'a what-if, one officer alone':<40} median {median(questions):>7.1f} ms   p95 {_p95(questions):>7.1f} ms")


def _signed_in(portal: str, account: dict[str, str]) -> requests.Session:
    session = requests.Session()
    session.get(f"{portal}/accounts/login/").raise_for_status()
    form = {"login": account["username"], "password": account["password"]}
    form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    _text(session.post(f"{portal}/accounts/login/", form, headers={"Referer": portal}))
    return session


def _text(answer: requests.Response) -> str:
    answer.raise_for_status()
    return answer.text


def _all_at_once(sessions: list[requests.Session], urls: list[str]) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {url: [] for url in urls}

    def work(session: requests.Session, first: int) -> None:
        for step in range(ROUNDS * len(urls)):
            url = urls[(first + step) % len(urls)]
            took[url].append(_timed(lambda: session.get(url)))  # noqa: B023  (called at once)

    workers = [threading.Thread(target=work, args=(each, first)) for first, each in enumerate(sessions)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return took


def _questions(session: requests.Session, url: str) -> list[float]:
    """Another amount each time, as the page's own script would ask."""
    page = _text(session.get(url))
    form = dict(FIELD.findall(page) + CHOICE.findall(page))
    headers = {"HX-Request": "true", "Referer": url, "X-CSRFToken": session.cookies["csrftoken"]}
    amount = next(name for name in form if "CREDIT" in name)
    asked = float(form[amount])
    return [
        _timed(lambda: session.post(url, form | {amount: str(asked + step)}, headers=headers))  # noqa: B023
        for step in range(QUESTIONS)
    ]


def _timed(ask: Callable[[], requests.Response]) -> float:
    began = time.perf_counter()
    _text(ask())
    return 1000 * (time.perf_counter() - began)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


if __name__ == "__main__":
    main()
