"""What a database holds, counted the same way before and after."""

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from common.models import LedgerBlock
from creditportal.backup.manifest import Head


def counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  quoted
            found[table] = int(cursor.fetchone()[0])
    return found


def head() -> Head | None:
    row = LedgerBlock.objects.order_by("-number").values("ledger_id", "number", "sha256").first()
    return Head(str(row["ledger_id"]), row["number"], row["sha256"]) if row else None


def migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def extensions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])
