"""Fields that take exactly what they say: a number is not a text, 1 is not true, an unknown name is refused."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.settings import api_settings


class StrictSerializer(serializers.Serializer[Any]):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None and not self.allow_null:
            raise _no_object()
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise _no_object()
        unknown = [str(name) for name in data if name not in self.fields]
        if unknown:
            raise serializers.ValidationError({name: [_unknown(self.fields)] for name in unknown[:20]})
        return super().to_internal_value(data)


def _no_object() -> serializers.ValidationError:
    where = api_settings.NON_FIELD_ERRORS_KEY
    return serializers.ValidationError({where: [serializers.ErrorDetail(_("An object is needed."), "wrong_type")]})


class SparseMixin:
    """Of the outermost record only the fields in ``context["fields"]``, and always the first, which names it."""

    fields: dict[str, Any]
    context: dict[str, Any]
    parent: Any

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        asked = self.context.get("fields")
        if asked is None or not self._is_outermost:
            return fields
        return {name: field for place, (name, field) in enumerate(fields.items()) if place == 0 or name in asked}

    @property
    def _is_outermost(self) -> bool:
        parent = self.parent
        return parent is None or (isinstance(parent, serializers.ListSerializer) and parent.parent is None)


class _OnlyText:
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("A text is needed."), code="wrong_type")
        return super().to_internal_value(data)  # type: ignore[misc]


class TextField(_OnlyText, serializers.CharField):
    pass


class IdField(_OnlyText, serializers.UUIDField):
    pass


class DayField(_OnlyText, serializers.DateField):
    pass


class EmailTextField(_OnlyText, serializers.EmailField):
    pass


class ChoiceTextField(_OnlyText, serializers.ChoiceField):
    pass


class FlagField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("true or false is needed."), code="wrong_type")
        return data


def _unknown(fields: Any) -> serializers.ErrorDetail:
    known = ", ".join(name for name, field in fields.items() if not field.read_only)
    if not known:
        return serializers.ErrorDetail(_("This call takes no field."), "unknown_field")
    return serializers.ErrorDetail(_("This field is not known. Known: %(known)s.") % {"known": known}, "unknown_field")
