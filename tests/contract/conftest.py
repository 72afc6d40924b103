import pytest

from tests.factories.accounts import BranchFactory, UserFactory, api_key
from tests.integration.api.conftest import Caller


@pytest.fixture
def caller(db):
    branch = BranchFactory()
    return Caller(api_key(branch=branch, acts_for=UserFactory(branch=branch))[1])
