"""Fields that take exactly what they say: a number is not a text, 1 is not true, an unknown name is refused."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: [_unknown(self.fields)] for name in unknown[:20]})
        return super().to_internal_value(data)


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
    return serializers.ErrorDetail(_("This field is not known. Known: %(known)s.") % {"known": known}, "unknown_field")
