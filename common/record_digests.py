"""The digest of a record: over every column, the same before the database has seen it and after."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from common.proof.chain import record_sha256


@cache
def columns(model: type[models.Model]) -> tuple[str, ...]:
    """Every column of the model but its primary key, in alphabetical order."""
    return tuple(sorted(field.attname for field in model._meta.concrete_fields if not field.primary_key))


def digest(row: models.Model) -> str:
    """The digest of a record as it is in memory, after it was saved."""
    names = columns(type(row))
    return digest_of(type(row), row.pk, names, [getattr(row, name) for name in names])


def digest_of(model: type[models.Model], key: uuid.UUID, names: Sequence[str], values: Sequence[Any]) -> str:
    return record_sha256(model._meta.label_lower, str(key), plain_values(model, names, values))


def plain_values(model: type[models.Model], names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The columns as JSON values: what an export shows and what the digest is over."""
    fields = _fields(model)
    return {name: _plain(fields[name], value) for name, value in zip(names, values, strict=True)}


@cache
def _fields(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


def _plain(field: Any, value: Any) -> Any:
    """One value in the form it keeps through the database: jsonb orders keys, numeric pads zeros."""
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        return "sha256:" + hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(field, models.JSONField):
        return _same_numbers(json.loads(json.dumps(value, cls=field.encoder or DjangoJSONEncoder)))
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    value = field.to_python(value)
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal(1).scaleb(-field.decimal_places)), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float):
        return _same_numbers(value)
    return value if isinstance(value, bool | int) else str(value)


def _same_numbers(value: Any) -> Any:
    """A number that is whole is written as one: the database does not keep apart 1, 1.0 and 1e0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _same_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_same_numbers(item) for item in value]
    return value
