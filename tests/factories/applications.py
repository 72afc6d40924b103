import copy
from datetime import date
from typing import Any

import factory

from applications.api_examples import FILES_BY_PRODUCT, application_example
from applications.documents.services import document_add
from applications.enums import Source
from applications.models import Applicant, Application, Document
from applications.services import applicant_create, application_submit
from common.actors import SYSTEM
from tests.factories.accounts import BranchFactory, UserFactory

PRODUCT = "home_credit"
FILE = FILES_BY_PRODUCT[PRODUCT]
APPLICATION = application_example(PRODUCT)


def credit_file(**changes: Any) -> dict[str, Any]:
    """A file that keeps the contract, with some answers changed."""
    file = copy.deepcopy(FILE)
    file["application"] |= changes
    return file


class ApplicantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Applicant

    first_name = "Zoé"
    last_name = factory.Sequence(lambda number: f"Lefèvre {number}")
    birth_date = date(1986, 11, 30)
    language = "fr"
    branch = factory.SubFactory(BranchFactory)
    email = "zoe@example.org"
    actor = SYSTEM

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Applicant:
        return applicant_create(**kwargs)


class ApplicationFactory(factory.django.DjangoModelFactory):
    """Submitted, with one file version; its score is not asked for."""

    class Meta:
        model = Application

    applicant = factory.SubFactory(ApplicantFactory)
    external_id = factory.Sequence(lambda number: f"external-{number}")
    product = PRODUCT
    file = factory.LazyFunction(credit_file)
    source = Source.API
    actor = SYSTEM
    score_later = False

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Application:
        return application_submit(**kwargs)


PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


class DocumentFactory(factory.django.DjangoModelFactory):
    """A proof of identity, added by an officer of the branch."""

    class Meta:
        model = Document

    application = factory.SubFactory(ApplicationFactory)
    kind = "identity"
    name = "identité.pdf"
    content = factory.Sequence(lambda number: PDF + b"%d" % number)
    user = factory.LazyAttribute(lambda built: UserFactory(branch=built.application.branch))

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Document:
        return document_add(**kwargs)
