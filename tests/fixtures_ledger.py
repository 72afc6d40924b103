from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def ledger_store(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for the checkpoints: ledgers of other tests would not fit to them."""
    location = tmp_path / "checkpoints"
    backend = "common.storage.WholeFileStorage"
    settings.STORAGES = settings.STORAGES | {
        "ledger_checkpoints": {"BACKEND": backend, "OPTIONS": {"location": str(location)}}
    }
    return location
