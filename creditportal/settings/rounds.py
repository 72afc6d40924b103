"""What the clock starts again and again."""

from typing import Any

SECONDS_BETWEEN = {
    "common.reconcile_jobs": 15.0,
    "decisions.retention": 3600.0,
    "applications.expire_drafts": 3600.0,
    "scoring.keep_batches": 60.0,
    "decisions.keep_exports": 3600.0,
    "integrations.keep_webhooks": 600.0,
    "common.verify_daily": 600.0,
    "common.seal_ledger": 1.0,
}


def beat_schedule() -> dict[str, Any]:
    """A round expires with the next: after an outage of the broker those missed must not all run at once."""
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
        for task, seconds in SECONDS_BETWEEN.items()
    }
