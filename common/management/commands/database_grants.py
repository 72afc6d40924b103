"""Give the application's database role what it needs and no more: records may be added and read, never changed."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

from common.append_only import AppendOnlyModel


class Command(BaseCommand):
    help = "Grant the restricted application role its rights; run as the owner after every migrate."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("role", help="the role the portal connects as")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        records = record_tables()
        with transaction.atomic(), connection.cursor() as cursor:  # a running portal never sees the rights taken away
            cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
            current, exists = cursor.fetchone()
            if not exists:
                raise CommandError(f"There is no database role {role}.")
            if current == role:
                raise CommandError("Run this as the owner of the tables, not as the restricted role itself.")
            for statement in statements(role, all_tables(), records):
                cursor.execute(statement)
        self.stdout.write(f"{role}: {len(records)} record tables can be added to and read, never changed")


def record_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)}


def all_tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()))


def statements(role: str, tables: list[str], records: set[str]) -> list[sql.Composed]:
    name = sql.Identifier(role)
    result = [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
    ]
    for table in tables:
        rights = "SELECT, INSERT" if table in records else "SELECT, INSERT, UPDATE, DELETE"
        if table == "django_migrations":
            rights = "SELECT"
        result.append(sql.SQL("GRANT " + rights + " ON {} TO {}").format(sql.Identifier(table), name))
    return result
