"""Tags format; they never query."""

from django import template

from applications import wording
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
