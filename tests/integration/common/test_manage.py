"""What is wrong with the environment is said in a sentence, not in a stack of calls."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://user:secret@127.0.0.1:1/db", "OperationalError: connection failed"),
        ("mysql://user:secret@127.0.0.1/db", "ImproperlyConfigured: DATABASE_URL: expected postgresql://"),
    ],
)
def test_database_that_cannot_be_used_is_named_without_its_password(address: str, said: str) -> None:
    environment = os.environ | {"DATABASE_URL": address, "DATABASE_OWNER_URL": address}
    command = [sys.executable, "manage.py", "showmigrations"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
