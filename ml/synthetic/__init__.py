"""Fictional applicants and their histories in the seven tables, drawn from a portfolio's aggregates."""

from ml.synthetic.fidelity import FidelityReport, fidelity_report
from ml.synthetic.persons import Person, people
from ml.synthetic.tables import generate, generate_applications, generate_parts, write

__all__ = [
    "FidelityReport",
    "Person",
    "fidelity_report",
    "generate",
    "generate_applications",
    "generate_parts",
    "people",
    "write",
]
