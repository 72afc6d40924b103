"""The terms of a counter-offer as an officer types them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from applications import wording as file_wording
from applications.forms import number_field
from applications.services import contract_of
from decisions.offers.terms import offered_levers

PREFIX = "offer"


class OfferForm(forms.Form):
    """One field for each thing the product lets a lender offer otherwise; left empty, it stays as asked for."""

    def __init__(self, product: str, row: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=PREFIX, **kwargs)
        self.contract = contract_of(product)
        for lever in offered_levers(product):
            column = self.contract.application.column(lever.column)
            asked = _("Asked for: %(asked)s. Empty: in proportion to the rest of the offer.")
            words = asked % {"asked": file_wording.value_text(column, row.get(column.name))}
            common = {"label": file_wording.label_of(column), "help_text": words, "required": False}
            self.fields[column.name] = number_field(column, common)

    def terms(self) -> dict[str, float]:
        return {name: value for name, value in self.cleaned_data.items() if value is not None}
