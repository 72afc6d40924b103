"""What a machine thinks of to send, by the OpenAPI document and against it: no server error, no broken promise."""

import os
import subprocess
import sys
from pathlib import Path
from socketserver import StreamRequestHandler

import pytest

from accounts.models import ApiKey
from common import jobs
from common.actors import SYSTEM
from ml.contract import load_contract
from ml.features import load_specification
from ml.keys import PRIVATE_NAME, load_private_key
from ml.packaging import save_bundle
from ml.product_folders import product_folder
from ml.train import train
from ml.training_config import load_config
from ml.validation import read_table
from scoring.services import model_version_register
from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.factories.applications import APPLICATION
from tests.integration.api.conftest import Caller

HERE = Path(__file__).parent
CASES = int(os.environ.get("API_CASES", "40"))
EVERY_COLUMN = 1000
LONGEST = 3600


@pytest.fixture(scope="session")
def card_bundle(trained_bundle):
    contract, config = load_contract("card_default"), load_config("card_default", quick=True)
    data = product_folder(contract.product) / "data" / "application_train.parquet"
    frame = read_table(contract, data, contract.root_table).tail(2000)
    outcome = train(frame, contract, load_specification(contract.product), config)
    folder = trained_bundle.parent
    return save_bundle(outcome, contract, folder, load_private_key(folder / PRIVATE_NAME))


@pytest.fixture
def every_product_in_service(champion, card_bundle):
    model_version_register(path=card_bundle, actor=SYSTEM, promote=True)


@pytest.fixture
def secret(transactional_db):
    """Of a key that may do everything, as often as the machine can send."""
    branch = BranchFactory(code="lyon")
    key, secret = api_key(branch=branch, acts_for=UserFactory(branch=branch))
    ApiKey.objects.filter(id=key.id).update(requests_per_minute=1_000_000)
    return secret


@pytest.fixture
def cases(every_product_in_service, secret):
    """Applications to work on, scored, with their reasons."""
    caller = Caller(secret)
    for number in range(3):
        made = caller.post("applications", APPLICATION | {"external_id": f"known-{number}", "score": True})
        assert made.status_code == 201
    jobs.run_all_here(lambda _done: None)


@pytest.fixture
def quick_answers(monkeypatch):
    """The test server sends an answer in two parts, and the second would wait 40 ms for the first one's receipt."""
    monkeypatch.setattr(StreamRequestHandler, "disable_nagle_algorithm", True)


@pytest.mark.slow
def test_the_api_keeps_its_document_whatever_is_sent(quick_answers, live_server, secret, cases, tmp_path):
    rules = "schemathesis.toml" if CASES >= EVERY_COLUMN else "schemathesis_quick.toml"
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={HERE / rules}",
        "run",
        f"{live_server.url}/api/schema/",
        f"--max-examples={CASES}",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--header=Authorization: Api-Key {secret}",
        "--seed=1",
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    print(done.stdout[-2000:])
    assert done.returncode == 0, done.stdout + done.stderr
