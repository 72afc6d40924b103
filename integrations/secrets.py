"""The secrets of an endpoint at rest: encrypted with its own key, which the master key wraps like a person's."""

from datetime import datetime

from common import crypto
from integrations.models import WebhookEndpoint


def seal(endpoint: WebhookEndpoint, secret: str) -> bytes:
    return crypto.encrypt(endpoint.secret_key, secret.encode(), endpoint.id)


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secret in use, and the one before it while both are valid."""
    sealed = [endpoint.secret_encrypted]
    if endpoint.overlaps_at(now) and endpoint.previous_encrypted is not None:
        sealed.append(endpoint.previous_encrypted)
    return [crypto.decrypt(endpoint.secret_key, bytes(each), endpoint.id).decode() for each in sealed]
