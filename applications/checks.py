"""Whether every product can be used, asked when the portal starts and by ``manage.py check``."""

from typing import Any

from django.core.checks import CheckMessage, Error

from ml.contract import available_products, load_contract
from ml.documents import load_documents
from ml.errors import MlError
from ml.features import load_specification
from ml.product_folders import example_file
from ml.training_config import load_config

READ = (load_contract, load_specification, load_config, load_documents, example_file)


def products_check(**_kwargs: Any) -> list[CheckMessage]:
    try:
        products = available_products()
    except MlError as error:
        return [Error(error.message, id="applications.E001")]
    return [error for product in products for error in _errors(product)]


def _errors(product: str) -> list[CheckMessage]:
    try:
        for read in READ:
            read(product)
    except MlError as error:
        return [Error(f"Product {product}: {error.message}", id="applications.E002")]
    return []
