import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from creditportal import deployment
from creditportal.secret_files import contents

COMPOSE: dict[str, Any] = yaml.safe_load((deployment.PROJECT / "docker-compose.yml").read_text())


def test_deployment_files_hold_what_they_must() -> None:
    assert deployment.problems() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM python:3.13\nUSER root\n", "runs as root"),
        ("FROM python\nUSER 10001\n", "names no version"),
        ("FROM python:3.13\nENV SECRET_KEY=abc\nUSER 1\n", "keep a secret in the image"),
        ("FROM python:3.13\nUSER 1\n", "no health check"),
        ("FROM python:3.13\nRUNN true\nUSER 1\n", "RUNN is not an instruction"),
    ],
)
def test_bad_dockerfile_is_told(text: str, said: str) -> None:
    assert any(said in problem for problem in deployment.dockerfile_problems(deployment.instructions(text)))


def test_secret_in_the_clear_is_told() -> None:
    service = {"restart": "no", "healthcheck": {}, "read_only": True, "environment": {"MASTER_KEY": "abc"}}
    found = list(deployment.compose_problems({"services": {"web": service}}))
    assert "compose: web is given MASTER_KEY in the clear; use MASTER_KEY_FILE" in found


def test_every_declared_secret_is_written_by_the_generator() -> None:
    assert set(COMPOSE["secrets"]) == set(contents())


@pytest.fixture
def container(tmp_path: Path) -> dict[str, str]:
    """The image's environment: nothing of ours but the secrets as files."""
    inherited = {"PATH": os.environ["PATH"]}
    for name, value in contents().items():
        (tmp_path / name).write_text(value)
        inherited[f"{name.upper()}_FILE"] = str(tmp_path / name)
    return inherited


@pytest.mark.slow
@pytest.mark.parametrize("process", sorted(deployment.PROCESSES))
def test_entry_command_of_the_image_starts_outside_it(process: str, container: dict[str, str]) -> None:
    assert COMPOSE["services"][process]["command"] == [process]
    command = [sys.executable, "-m", "creditportal.serve", process, "--check"]
    done = subprocess.run(command, env=container, cwd=deployment.PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"web": "gunicorn", "migrate": "migrate"}.get(process, "celery") in done.stdout


@pytest.mark.slow
def test_entry_command_names_what_is_missing() -> None:
    command = [sys.executable, "-m", "creditportal.serve", "web", "--check"]
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=bare, cwd=deployment.PROJECT, capture_output=True, text=True)
    assert done.returncode == 1
    for name in ("SECRET_KEY", "MASTER_KEY", "DATABASE_URL", "REDIS_URL"):
        assert f"{name} (or {name}_FILE) is not set" in done.stderr


@pytest.mark.slow
def test_server_settings_load_from_secret_files(container: dict[str, str]) -> None:
    code = "from django.conf import settings; print(settings.HTTPS, settings.DATABASES['default']['USER'])"
    values = container | {"DJANGO_SETTINGS_MODULE": "creditportal.settings.base", "PORTAL_HTTPS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=values, cwd=deployment.PROJECT, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "portal_app"], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "nonsense", "DATABASE_URL: expected postgresql://"),
        ("MASTER_KEY", base64.b64encode(b"short").decode(), "MASTER_KEY and MASTER_KEYS_RETIRED must be 32 bytes"),
    ],
)
def test_wrong_value_stops_the_server_at_its_start(name: str, value: str, said: str, container: dict[str, str]) -> None:
    values = {key: text for key, text in container.items() if key != f"{name}_FILE"} | {name: value}
    values["DJANGO_SETTINGS_MODULE"] = "creditportal.settings.base"
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, env=values, cwd=deployment.PROJECT, capture_output=True, text=True)
    assert done.returncode
    assert said in done.stderr
