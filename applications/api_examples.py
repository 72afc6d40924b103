"""What a caller may send, as the API's documentation shows it; the tests send exactly this."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from drf_spectacular.utils import OpenApiExample

from ml.contract import available_products, load_contract
from ml.errors import MlError
from ml.product_folders import example_file


def _examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """A product that cannot be read is the business of the start's checks, which name it."""
    for product in available_products():
        with suppress(MlError):
            load_contract(product)
            file = example_file(product)
            if file:
                yield product, file


FILES_BY_PRODUCT = dict(_examples())


def application_example(product: str) -> dict[str, Any]:
    return {
        "external_id": "shop-2026-000123",
        "product": product,
        "applicant": {
            "first_name": "Awa",
            "last_name": "Diallo",
            "birth_date": "1986-11-30",
            "email": "awa.diallo@example.org",
            "language": "fr",
        },
        "file": FILES_BY_PRODUCT[product],
        "score": True,
    }


APPLICATIONS = [
    OpenApiExample(
        f"An application: {load_contract(product).label_en}", application_example(product), request_only=True
    )
    for product in FILES_BY_PRODUCT
]
FILES = [
    OpenApiExample(f"A new file: {load_contract(product).label_en}", {"file": file}, request_only=True)
    for product, file in FILES_BY_PRODUCT.items()
]
