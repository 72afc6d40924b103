"""The smallest id of a moment stands between those made before it and after it."""

import time
from datetime import UTC, datetime, timedelta

from common.ids import earliest_id, new_id


def test_earliest_id_is_a_uuid7_that_sorts_by_time():
    moments = [datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(milliseconds=step) for step in (0, 1, 1000, 10**9)]
    ids = [earliest_id(moment) for moment in moments]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}


def test_ids_of_now_lie_between_before_and_after():
    before = datetime.now(UTC)
    time.sleep(0.002)
    made = new_id()
    assert earliest_id(before) < made < earliest_id(datetime.now(UTC) + timedelta(seconds=1))
