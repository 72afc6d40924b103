from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Branch
from common.ids import new_id
from common.models import LedgerEvent, SubjectKey
from integrations.enums import DeliveryState, EndpointState, EventType
from integrations.wording import why


class WebhookEndpoint(models.Model):
    """An address of another system that is told what happened. Its secrets are encrypted with a key of its own.

    ``busy_until`` is set while it is being called: one delivery at a time, so that a dead one holds one thread.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    branch = models.ForeignKey(
        Branch, models.PROTECT, verbose_name=_("branch"), null=True, blank=True, related_name="+"
    )
    events = ArrayField(models.CharField(max_length=40, choices=EventType), verbose_name=_("events"))
    state = models.CharField(_("state"), max_length=10, choices=EndpointState, default=EndpointState.ACTIVE)
    secret_key = models.ForeignKey(SubjectKey, models.PROTECT, related_name="+")
    secret_encrypted = models.BinaryField()
    previous_encrypted = models.BinaryField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state == EndpointState.ACTIVE

    @property
    def event_labels(self) -> list[str]:
        return [str(EventType(event).label) for event in self.events]

    def overlaps_at(self, now: datetime) -> bool:
        """Whether the secret before the present one still signs too."""
        return self.previous_until is not None and self.previous_until > now


class WebhookDelivery(models.Model):
    """One event for one endpoint, written in the transaction of the event.

    ``ticket`` counts how often it was put in line: work with an older ticket is void.
    ``failures`` counts the failures in a row, from which follows how long to wait.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(LedgerEvent, models.PROTECT, related_name="+")
    type = models.CharField(_("event"), max_length=40, choices=EventType)
    body = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    ticket = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once_per_event")]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["due_at"], name="delivery_open", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @property
    def message_id(self) -> str:
        """The same however often it is sent, so that the receiver knows what it has already."""
        return f"msg_{self.event_id}"

    @property
    def next_try_at(self) -> datetime | None:
        """When it is sent next; of one that waits for its endpoint to go on, since when."""
        return self.due_at if self.state == DeliveryState.WAITING else None

    @property
    def why(self) -> str | Promise:
        """Why the last attempt failed, in words."""
        return why(self.error)
