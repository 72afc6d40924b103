"""Two roles: the owner changes the schema, the application may only use it.

Which tables it may change, ``manage.py database_grants`` says.
"""

import psycopg
from psycopg import sql

from creditportal.embedded.postgres import Postgres

DATABASE, OWNER, APPLICATION = "portal", "portal_owner", "portal_app"
EXTENSIONS = ("pg_trgm", "unaccent")


def roles_ensure(server: Postgres, known: dict[str, str]) -> None:
    password = known["POSTGRES_PASSWORD"]
    with psycopg.connect(server.address(password), autocommit=True, connect_timeout=5) as connection:
        # only tests make databases and roles
        may_create = "CREATEDB CREATEROLE" if server.temporary else "NOCREATEDB NOCREATEROLE"
        _role(connection, OWNER, known["PORTAL_OWNER_PASSWORD"], may_create)
        _role(connection, APPLICATION, known["PORTAL_APP_PASSWORD"], "NOCREATEDB NOCREATEROLE")
        _run(connection, "GRANT {} TO {}", APPLICATION, OWNER)
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            _run(connection, "CREATE DATABASE {} OWNER {}", DATABASE, OWNER)
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", DATABASE)
        _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", DATABASE, APPLICATION)
    with psycopg.connect(server.address(password, DATABASE), autocommit=True, connect_timeout=5) as connection:
        _run(connection, "ALTER SCHEMA public OWNER TO {}", OWNER)
        _run(connection, "GRANT USAGE ON SCHEMA public TO {}", APPLICATION)
        for extension in EXTENSIONS:
            _run(connection, "CREATE EXTENSION IF NOT EXISTS {}", extension)


def _role(connection: psycopg.Connection, name: str, password: str, may_create: str) -> None:
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        _run(connection, "CREATE ROLE {}", name)
    statement = sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER {} PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(name), sql.SQL(may_create), sql.Literal(password)))


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
