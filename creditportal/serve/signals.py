"""Ctrl-C, SIGTERM and a closed terminal all mean: end in order."""

import signal
import time
from types import FrameType

from creditportal.serve.portal import Portal


class Stopped(BaseException):
    pass


def listen(portal: Portal) -> None:
    def first(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, first)


def end_in_order() -> None:
    """For a command that another process may end: what it has begun is taken back."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(130)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def deafen(portal: Portal) -> None:
    """While stopping, one more signal only makes it faster."""
    began = time.monotonic()

    def again(_number: int, _frame: FrameType | None) -> None:
        # a terminal's Ctrl-C may arrive twice, directly and through make
        portal.hurry = portal.hurry or time.monotonic() - began > 1

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, again)
