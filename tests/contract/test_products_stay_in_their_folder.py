"""Nothing outside a product's folder knows its columns, and no code takes a product for granted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.contract import available_products, load_contract

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "accounts",
    "applications",
    "common",
    "creditportal",
    "decisions",
    "explanations",
    "integrations",
    "ml",
    "monitoring",
    "scoring",
)
# What makes the fictional applicants of one product knows that product; it stands beside it.
APART = {"ml/products": "the products themselves", "ml/synthetic": "draws the applicants of one product, home_credit"}
# Column names that are words of everyday code: `default` of an argument, `ID` in a sentence.
EVERYDAY = {"default", "ID"}
# Where one product is named on purpose.
NAMED = {
    "creditportal/demo/model.py": "the demo shows this product",
    "creditportal/demo/cases.py": "the demo shows this product",
    "applications/management/commands/import_home_credit.py": "the importer's older name",
    "ml/cli.py": "what `make train DATA=...` trains",
    "ml/strategies/loading.py": "what the comparison of strategies is run on unless told otherwise",
    "ml/features/dictionary.py": "what the command prints unless told otherwise",
    "ml/contract.py": "the default of the loader, which only examples and tests use",
    "ml/features/specification.py": "the default of the loader, which only examples and tests use",
}


def columns() -> set[str]:
    names = {
        column.name
        for product in available_products()
        for table in load_contract(product).tables.values()
        for column in table.columns
    }
    return names - EVERYDAY


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in place and not place.startswith(tuple(APART)):
                yield path


def words_of(path: Path) -> set[str]:
    """Names and texts of the code, without docstrings: an example there is documentation."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found |= set(re.findall(r"\w+", node.value))
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
    return found


def test_no_code_knows_a_column():
    names = columns()
    known = {path.relative_to(ROOT).as_posix(): sorted(words_of(path) & names) for path in sources()}
    assert {place: found for place, found in known.items() if found} == {}


@pytest.mark.parametrize(
    ("folder", "kinds"), [("templates", ("*.html", "*.txt", "*.typ")), ("static/portal", ("*.js",))]
)
def test_no_page_knows_a_column(folder, kinds):
    names = columns()
    paths = [path for kind in kinds for path in sorted((ROOT / folder).rglob(kind))]
    assert paths
    found = {path.name: sorted(set(re.findall(r"\w+", path.read_text(encoding="utf-8"))) & names) for path in paths}
    assert {place: words for place, words in found.items() if words} == {}


def test_no_code_takes_a_product_for_granted():
    products = set(available_products())
    naming = {path.relative_to(ROOT).as_posix() for path in sources() if words_of(path) & products}
    assert sorted(naming - set(NAMED)) == []


def test_loaders_are_told_the_product():
    """The default of a loader is for examples and tests: a page that relied on it would know one product only."""
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("load_contract", "load_specification")
        and not (node.args or node.keywords)
    ]
    assert silent == []
