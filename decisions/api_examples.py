"""What a caller may send, as the API's documentation shows it; the tests send exactly this."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

DECLINE: dict[str, Any] = {
    "score": "01939d3e-6a4b-7c1e-9d53-0f2f3c1f6a10",
    "outcome": "decline",
    "reason_codes": ["external_score"],
}
OVERRIDE: dict[str, Any] = {
    "score": "01939d3e-6a4b-7c1e-9d53-0f2f3c1f6a10",
    "outcome": "approve",
    "override_reason": "income_verified",
    "note": "Pay slips of three months show 3,100 a month.",
}


DECISIONS = [
    OpenApiExample("Decline with the advice", DECLINE, request_only=True),
    OpenApiExample("Approve against the advice", OVERRIDE, request_only=True),
]
