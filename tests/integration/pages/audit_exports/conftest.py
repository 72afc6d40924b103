"""Three decisions of different kinds, and an export of them as the browser gets it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from decisions.audit.services import export_create, export_write
from decisions.audit.writers import Format
from decisions.models import Decision, DecisionExport
from decisions.tasks import write_export
from tests.integration.pages.test_audit_search import approve, decline, override

NewCase = Callable[..., Application]
EVERY = list(Format.values)
assert write_export  # registers what executes the job


@pytest.fixture
def export_store(settings: Any, tmp_path: Path) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    location = tmp_path / "exports"
    settings.STORAGES = settings.STORAGES | {"exports": {"BACKEND": backend, "OPTIONS": {"location": str(location)}}}
    return location


@pytest.fixture
def decided(new_case: NewCase, officer: User, senior: User) -> list[Decision]:
    return [
        decline(new_case(), officer),
        approve(new_case(approvable=True), officer),
        override(new_case(), officer, senior),
    ]


def made(user: User, formats: list[str] | None = None, **filters: str) -> DecisionExport:
    export = export_create(user=user, filters=filters, formats=formats or EVERY, language="en")
    export_write(export_id=export.id, tell=lambda _percent: None)
    export.refresh_from_db()
    return export


def taken(client: Client, export: DecisionExport) -> dict[str, bytes]:
    """Every file as the browser gets it."""
    return {
        file["name"].rpartition(".")[0].partition("-")[0] + Path(file["name"]).suffix: b"".join(
            client.post(reverse("decisions:export-file", args=[export.id, file["name"]])).streaming_content
        )
        for file in export.files
    }
