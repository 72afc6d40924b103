import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import NotFound
from decisions.queue.models import QueueView


def queue_views(user: User) -> QuerySet[QueueView]:
    return QueueView.objects.filter(owner=user).order_by("created_at", "id")


def queue_view_get(*, user: User, view_id: uuid.UUID) -> QueueView:
    view = queue_views(user).filter(id=view_id).first()
    if view is None:
        raise NotFound(_("No such view."))
    return view
