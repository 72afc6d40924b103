"""Records of a period, found by their primary key: ids are ordered by time, and no further index is needed."""

from datetime import datetime, timedelta

from django.db.models import Q

from common.ids import earliest_id

# an id is made a moment before the row is written
SLACK = timedelta(minutes=10)


def since(moment: datetime) -> Q:
    return Q(id__gte=earliest_id(moment - SLACK), created_at__gte=moment)


def between(start: datetime, end: datetime) -> Q:
    return since(start) & Q(id__lt=earliest_id(end), created_at__lt=end)
