"""The demo's models: trained here within seconds, signed with this install's own key."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from django.conf import settings

from common.actors import SYSTEM
from ml.child_tables import find_children
from ml.contract import load_contract
from ml.features import load_specification
from ml.keys import PRIVATE_NAME, generate_key_pair, load_private_key
from ml.packaging import save_bundle
from ml.raw_tables import find_training_table
from ml.synthetic import write
from ml.train import train
from ml.training_config import load_config
from ml.training_data import NO_CHILDREN
from ml.validation import read_table
from scoring.models import ModelVersion
from scoring.services import model_version_register

PRODUCT = "home_credit"
ROWS = 6_000
SEED = 2026

Progress = Callable[[str], None]


def model_ready(product: str = PRODUCT) -> bool:
    """Any model ever registered, whatever became of its bundle: the demo's must never take a real one's place."""
    return ModelVersion.objects.filter(product=product).exists()


def model_create(progress: Progress) -> None:
    """All seven tables, so that the demo's scores and reasons rest on histories, too."""
    progress(f"drawing {ROWS} synthetic applicants with their histories")
    contract = load_contract(PRODUCT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = write(ROWS, SEED, Path(scratch))
        frame = read_table(contract, find_training_table(contract, folder), contract.root_table)
        model_fit(PRODUCT, frame, progress, children=find_children(contract, folder))


def model_fit(
    product: str, frame: pd.DataFrame, progress: Progress, *, children: Mapping[str, Path] = NO_CHILDREN
) -> None:
    """Train quickly and put the model in service; registering proves the bundle before it counts."""
    contract, config = load_contract(product), load_config(product, quick=True)
    outcome = train(frame, contract, load_specification(product), config, children=children, progress=progress)
    path = save_bundle(outcome, contract, Path(settings.BUNDLE_DIR), load_private_key(_private_key()))
    version = model_version_register(path=path, actor=SYSTEM, promote=True)
    progress(f"model {version.version} is in service")


def _private_key() -> Path:
    folder = Path(settings.BUNDLE_PUBLIC_KEY).parent
    if not (folder / PRIVATE_NAME).exists():
        generate_key_pair(folder)
    return folder / PRIVATE_NAME
