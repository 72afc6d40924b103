from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.wording import label_of
from ml.contract import load_contract
from scoring.selectors import products_served


class BatchForm(forms.Form):
    """A file and what it is scored for; only products that a model serves can be chosen."""

    product = forms.ChoiceField(label=_("Product"))
    file = forms.FileField(
        label=_("The file"),
        allow_empty_file=True,
        help_text=_(
            "CSV in UTF-8 with commas, the same compressed with gzip, or Parquet, with the columns of the product's"
            " application table; at most 1,000,000 rows."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,.parquet", "class": "form-control"}),
    )
    reasons = forms.BooleanField(
        label=_("Also give the principal reasons"),
        required=False,
        help_text=_("Each row then takes many times as long; leave them out where nobody reads them."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        products = sorted(products_served())
        field: Any = self.fields["product"]
        field.choices = [(name, label_of(load_contract(name))) for name in products]
        field.widget.attrs["class"] = "form-select"
