"""A field that an interface does not declare is refused or has no effect, whichever model field it is named after."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.apps import apps
from rest_framework.serializers import BaseSerializer, ModelSerializer, Serializer

from common.serializers import StrictSerializer
from tests.factories.applications import APPLICATION
from tests.integration.api.conftest import pointers_of

pytestmark = pytest.mark.django_db
ROOMS = (
    *("common", "accounts", "applications", "scoring", "explanations"),
    *("decisions", "monitoring", "integrations", "creditportal"),
)
MODEL_FIELDS = sorted(
    {
        name
        for model in apps.get_models()
        if model._meta.app_label in ROOMS
        for field in model._meta.concrete_fields
        for name in (field.name, field.attname)
    }
)


def classes_of(base: type) -> Iterator[type]:
    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if ".management." not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    waiting = [base]
    while waiting:
        for found in waiting.pop().__subclasses__():
            waiting.append(found)
            if found.__module__.startswith(ROOMS):
                yield found


def test_whatever_takes_input_is_strict():
    """Serializers either refuse unknown names or only show: their fields are read-only or never bound to input."""
    takes_input = {found for found in classes_of(BaseSerializer) if issubclass(found, StrictSerializer)}
    assert len(takes_input) >= 5
    for serializer in takes_input:
        for name in set(MODEL_FIELDS) - set(serializer().fields):
            errors = _errors(serializer, name)
            assert name in errors, (serializer.__name__, name)
            assert errors[name][0].code == "unknown_field"


def _errors(serializer: type[Serializer[Any]], name: str) -> Any:
    checked = serializer(data={name: "x"})
    assert not checked.is_valid()
    return checked.errors


def test_no_serializer_writes_a_model_by_itself():
    """What is written goes through a service that names its arguments; a ModelSerializer only shows."""
    for serializer in classes_of(ModelSerializer):
        assert not issubclass(serializer, StrictSerializer), serializer


def test_no_form_writes_a_model_by_itself():
    for form in classes_of(forms.ModelForm):
        fields = form._meta.fields
        assert fields is not None, form
        assert fields != forms.ALL_FIELDS, form


@pytest.mark.parametrize("place", ["", "applicant"])
def test_an_application_takes_no_field_of_a_model(caller, place):
    for name in MODEL_FIELDS:
        body: dict[str, Any] = {**APPLICATION, "applicant": dict(APPLICATION["applicant"])}
        target = body[place] if place else body
        if name in target or name in ("score", "language", "branch", "email"):
            continue
        target[name] = "x"
        response = caller.post("applications", body)
        assert response.status_code == 422, name
        assert (f"/{place}/{name}".replace("//", "/"), "unknown_field") in pointers_of(response)
