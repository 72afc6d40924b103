"""Fictional applicants and their histories in the seven tables, drawn from a portfolio's aggregates."""

from ml.synthetic.tables import generate, generate_parts, write

__all__ = ["generate", "generate_parts", "write"]
