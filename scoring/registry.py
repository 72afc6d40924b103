"""The champion as a loaded model: verified once per process and version, then kept."""

import threading
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Unavailable
from ml.bundle import load_model, load_public_key
from ml.errors import BundleError
from ml.model import ScoringModel
from scoring.enums import ModelState
from scoring.models import ModelVersion

KEPT_MODELS = 4

_models: dict[str, ScoringModel] = {}
_lock = threading.Lock()


def champion_of(product: str) -> ModelVersion:
    row = ModelVersion.objects.filter(product=product, state=ModelState.CHAMPION).first()
    if row is None:
        raise Unavailable(
            _("No model is in service for this product: applications can be entered, not scored."),
            code="model_missing",
        )
    return row


def load(version: ModelVersion) -> ScoringModel:
    """The model of a registered version; refuses a bundle whose checksum is not the one registered."""
    with _lock:
        model = _models.get(version.checksum)
        if model is None:
            model = _read(version)
            while len(_models) >= KEPT_MODELS:
                _models.pop(next(iter(_models)))
            _models[version.checksum] = model
    return model


def bundle_path(version: str) -> Path:
    return Path(settings.BUNDLE_DIR) / version


def public_key_path() -> str:
    return str(settings.BUNDLE_PUBLIC_KEY)


def read_bundle_folder(path: Path) -> ScoringModel:
    try:
        return load_model(path, load_public_key(public_key_path()))
    except BundleError as error:
        raise Unavailable(
            _("The model bundle cannot be used: %(why)s") % {"why": error.message}, code=error.code
        ) from error


def _read(version: ModelVersion) -> ScoringModel:
    model = read_bundle_folder(bundle_path(version.version))
    if model.checksum != version.checksum:
        raise Unavailable(_("The model bundle is not the one that was registered."), code="bundle_tampered")
    return model
