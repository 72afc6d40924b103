"""The model card: evidence measured once, written in English and French as HTML, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.card.tables import comparison
from ml.contract import Contract
from ml.train import TrainingOutcome

__all__ = ["card_files", "comparison"]


def card_files(outcome: TrainingOutcome, contract: Contract, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a bundle that tell people about the model.

    Returns: ``model_card.md`` (English), ``model_card.html`` and ``model_card.fr.html`` (one page each, no
    script, nothing fetched) and ``evidence.json`` (the aggregates behind them). The same outcome and
    manifest give the same bytes.
    """
    # matplotlib is loaded only where a card is made, never to read one
    from ml.card.evidence import gather_evidence
    from ml.card.html_page import as_html
    from ml.card.markdown_page import as_markdown
    from ml.card.sections import compose
    from ml.card.sections_drawn import Source

    evidence = gather_evidence(outcome, contract)
    source = Source(manifest, evidence, contract, outcome.specification)
    english = compose(source, "en")
    return {
        "evidence.json": evidence.as_json(),
        "model_card.md": as_markdown(english).encode(),
        "model_card.html": as_html(english).encode(),
        "model_card.fr.html": as_html(compose(source, "fr")).encode(),
    }
