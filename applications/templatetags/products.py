"""Tags format; they never query."""

from typing import Any

from django import template

from applications import wording
from common import formatting
from ml.contract import load_contract
from ml.errors import MlError

register = template.Library()


@register.filter
def product_label(product: str) -> str:
    """What people call a product; its name where its folder is gone."""
    try:
        return wording.label_of(load_contract(product))
    except MlError:
        return product


@register.filter
def label_of(item: Any) -> str:
    """Of anything a product declares in both languages."""
    return wording.label_of(item)


@register.filter
def help_of(item: Any) -> str:
    return str(item.help_fr if formatting.french() else item.help_en)
