"""The views of the queue that a person keeps: nobody else sees them, and they say nothing of anybody."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from common.errors import Conflict
from decisions.queue.filters import QueueFilters
from decisions.queue.models import QueueView

MOST_VIEWS = 12


@transaction.atomic
def queue_view_save(*, user: User, name: str, filters: QueueFilters, is_first: bool = False) -> QueueView:
    require(user, Act.DECIDE)
    _one_at_a_time(user)
    if user.queue_views.count() >= MOST_VIEWS:
        raise Conflict(_("You keep %(most)s views already. Delete one first.") % {"most": MOST_VIEWS})
    view = QueueView(owner=user, name=name, filters=filters.codes)
    return queue_view_change(view=view, name=name, is_first=is_first)


@transaction.atomic
def queue_view_change(*, view: QueueView, name: str, is_first: bool) -> QueueView:
    """``is_first``: the queue opens with this view, and with no other."""
    _one_at_a_time(view.owner)
    if is_first:
        QueueView.objects.filter(owner=view.owner, is_first=True).update(is_first=False)
    view.name, view.is_first = name, is_first
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Conflict(_("You already have a view with this name."), code="view_exists") from error
    return view


def _one_at_a_time(user: User) -> None:
    """Or two views could be the last that is allowed, or both the one that opens the queue."""
    User.objects.select_for_update().get(id=user.id)


def queue_view_delete(*, view: QueueView) -> None:
    view.delete()
