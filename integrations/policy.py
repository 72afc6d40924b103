"""When a delivery is tried again and when an endpoint is given up. No ORM, no clock."""

from datetime import datetime, timedelta

# the waits of Standard Webhooks: a short outage is bridged quickly, a weekend does not lose the message
WAITS = [timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 36000)]
JITTER = 0.2
GONE = 410
DISABLE_AFTER = timedelta(days=5)


def wait_after(failures: int, chance: float, retry_after: int = 0) -> timedelta | None:
    """How long to wait after so many failures in a row, or none to give up; ``chance`` is between 0 and 1.

    The spread keeps a receiver that comes back from being met by everything at once.
    """
    if failures > len(WAITS):
        return None
    spread = 1 + JITTER * (2 * chance - 1)
    return max(WAITS[failures - 1] * spread, timedelta(seconds=retry_after))


def is_to_be_disabled(*, status: int | None, failing_since: datetime | None, now: datetime) -> bool:
    """An endpoint that says it is gone, or that accepted nothing for days."""
    return status == GONE or (failing_since is not None and now - failing_since >= DISABLE_AFTER)
