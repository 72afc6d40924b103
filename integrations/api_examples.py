"""What a caller may send, as the API's documentation shows it; the tests send exactly this."""

from drf_spectacular.utils import OpenApiExample

WEBHOOK = {
    "name": "ERP",
    "url": "https://erp.example.org/credit-events",
    "events": ["application.scored", "decision.recorded"],
}
ROTATION = {"overlap_hours": 24}

WEBHOOKS = [OpenApiExample("Tell the ERP of scores and decisions", WEBHOOK, request_only=True)]
ROTATIONS = [OpenApiExample("Both secrets sign for a day", ROTATION, request_only=True)]
