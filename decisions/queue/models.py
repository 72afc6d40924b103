from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class QueueView(models.Model):
    """Filters of the queue under a name of one's own. Codes only: what was searched for may be a person's name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="queue_views")
    name = models.CharField(_("name"), max_length=40)
    filters = models.JSONField(default=dict)
    is_first = models.BooleanField(_("the queue opens with it"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("view of the queue")
        verbose_name_plural = _("views of the queue")
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="queue_view_once_per_owner"),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(is_first=True), name="queue_view_one_opens_the_queue"
            ),
        ]

    def __str__(self) -> str:
        return self.name
