import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common import ledger
from common.actors import SYSTEM
from common.append_only import RecordIsFinal
from common.management.commands.database_grants import all_tables, record_tables, statements
from common.models import LedgerEvent, SubjectKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    key = SubjectKey.objects.create(wrapped_key=b"x")
    return ledger.record(action="test.happened", subject=key, actor=SYSTEM, facts={"a": 1})


def test_instance_and_queryset_refuse(event):
    event.action = "other"
    with pytest.raises(RecordIsFinal):
        event.save()
    with pytest.raises(RecordIsFinal):
        event.delete()
    for act in (
        lambda rows: rows.update(action="other"),
        lambda rows: rows.delete(),
        lambda rows: rows.bulk_update([event], ["action"]),
    ):
        with pytest.raises(RecordIsFinal):
            act(LedgerEvent.objects.filter(id=event.id))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE common_ledgerevent SET action = 'other'",
        "DELETE FROM common_ledgerevent",
        "TRUNCATE common_ledgerevent CASCADE",
    ],
)
def test_database_refuses_whoever_asks(event, statement):
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEvent.objects.filter(id=event.id, action="test.happened").exists()


@pytest.fixture
def restricted_role():
    name = f"portal_test_{connection.settings_dict['NAME']}"  # roles belong to the server, which workers share
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}")
        cursor.execute(f"GRANT {name} TO CURRENT_USER WITH SET TRUE")
        for statement in statements(name, all_tables(), record_tables()):
            cursor.execute(statement)
        cursor.execute(f"SET LOCAL ROLE {name}")
    yield name
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_restricted_role_has_no_right_to_change_records(event, restricted_role, verb):
    for table in sorted(record_tables()):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(verb.format(table))


def test_restricted_role_writes_records_and_changes_what_is_mutable(event, restricted_role):
    key = SubjectKey.objects.create(wrapped_key=b"y")
    ledger.record(action="test.again", subject=key, actor=SYSTEM)
    SubjectKey.objects.filter(id=key.id).update(wrapped_key=None, destroyed_at=timezone.now())
