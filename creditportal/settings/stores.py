"""Where files are kept: folders under the data folder, or any store that a setting names."""

from pathlib import Path
from typing import Any

from creditportal.settings import environment as env

FOLDER = "django.core.files.storage.FileSystemStorage"
WHOLE_FILES = "common.storage.WholeFileStorage"
PRIVATE = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}


def stores(data: Path) -> dict[str, Any]:
    """Batches, exports and documents are encrypted before they come here; every process reaches the same place."""
    return {
        "default": {"BACKEND": FOLDER},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        # whoever can alter the database should not be able to alter these: a disk or a bucket of their own
        "ledger_checkpoints": {
            "BACKEND": env.text("LEDGER_CHECKPOINT_STORAGE", WHOLE_FILES),
            "OPTIONS": env.options("LEDGER_CHECKPOINT_OPTIONS", {"location": str(data / "checkpoints")}),
        },
        "batches": _store("BATCH", {"location": str(data / "batches")}),
        "exports": _store("EXPORT", {"location": str(data / "exports"), **PRIVATE}),
        # never under an address of the web server
        "documents": _store("DOCUMENT", {"location": str(data / "documents"), **PRIVATE}),
    }


def _store(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "BACKEND": env.text(f"{name}_STORAGE", FOLDER),
        "OPTIONS": env.options(f"{name}_STORAGE_OPTIONS", options),
    }
