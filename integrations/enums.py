from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What an endpoint may subscribe to."""

    APPLICATION_SCORED = "application.scored", _("an application was scored")
    EXPLANATION_READY = "explanation.ready", _("an explanation is ready")
    DECISION_RECORDED = "decision.recorded", _("a decision was recorded")
    DECISION_CONTESTED = "decision.contested", _("a decision is contested")
    CONTEST_ANSWERED = "contest.answered", _("a contest was answered")
    LETTER_READY = "letter.ready", _("a letter is ready")
    BATCH_FINISHED = "batch.finished", _("a batch is finished")


class EndpointState(models.TextChoices):
    ACTIVE = "active", _("In use")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled after failures")
    REMOVED = "removed", _("Removed")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")
