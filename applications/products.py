"""Which products are open for new applications."""

from collections.abc import Callable, Set

from ml.contract import Contract, available_products, load_contract

_served: list[Callable[[], Set[str]]] = []


def serve_from(source: Callable[[], Set[str]]) -> None:
    """``source`` gives the products with a model in service: the room that keeps models imports this one."""
    if source not in _served:
        _served.append(source)


def offered() -> list[Contract]:
    """The products that can be scored; all of them while none can, because files may be entered before."""
    served = {product for source in _served for product in source()}
    known = available_products()
    return [load_contract(name) for name in known if name in served or not served.intersection(known)]
