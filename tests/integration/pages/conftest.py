"""The cast of the pages' tests: who looks, and at what."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Branch, User
from applications.models import Application
from tests.factories.accounts import BranchFactory, UserFactory
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.factories.explanations import ExplanationFactory
from tests.factories.scoring import ScoreFactory

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _strict(strict_templates: None) -> None:
    """Every page here is our own."""


@pytest.fixture
def branch(db: None) -> Branch:
    return BranchFactory(name="Lyon Part-Dieu")


@pytest.fixture
def officer(branch: Branch) -> User:
    return UserFactory(branch=branch, first_name="Odile", last_name="Officier")


@pytest.fixture
def senior(branch: Branch) -> User:
    return UserFactory(branch=branch, senior=True, first_name="Simone", last_name="Sénior")


@pytest.fixture
def stranger(db: None) -> User:
    """An officer of another branch."""
    return UserFactory()


@pytest.fixture
def auditor(db: None) -> User:
    return UserFactory(auditor=True)


@pytest.fixture
def risk(db: None) -> User:
    return UserFactory(risk=True)


@pytest.fixture
def administrator(db: None) -> User:
    return UserFactory(administrator=True)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def new_case(branch: Branch) -> Callable[..., Application]:
    """A case ready to decide; ``approvable=True`` when the advice is to approve."""

    def make(*, explained: bool = True, last_name: str = "Lefèvre", **traits: Any) -> Application:
        applicant = ApplicantFactory(branch=branch, last_name=last_name)
        application = ApplicationFactory(applicant=applicant)
        score = ScoreFactory(application=application, **traits)
        if explained:
            ExplanationFactory(score=score)
        application.refresh_from_db()
        return application

    return make


@pytest.fixture
def case(new_case: Callable[..., Application]) -> Application:
    return new_case()


@pytest.fixture
def is_strict() -> Callable[[Any], None]:
    """The content security policy would block what stands inline."""

    def check(response: Any) -> None:
        found = INLINE.search(response.content.decode())
        assert found is None, f"inline script or style: {found and found.group(0)}"

    return check
