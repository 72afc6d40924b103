import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_curve

from ml import card as card_package
from ml.card import card_files
from ml.card.curves import curves, resampled_intervals
from ml.card.document import Card, Section, Table
from ml.card.html_page import as_html, figures_of
from ml.card.influence import influence
from ml.card.markdown_page import as_markdown
from ml.card.words import Words, _french
from ml.cutoff import CostMatrix
from ml.metrics import ks

FOLDER = Path(card_package.__file__).parent


@pytest.fixture(scope="module")
def manifest(bundle):
    return json.loads((bundle / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def pages(bundle):
    return {name: (bundle / f"model_card{name}.html").read_text() for name in ("", ".fr")}


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(0)
    probability = random.random(500)
    return (random.random(500) < probability).astype(float), probability


def test_the_same_outcome_gives_the_same_bytes(outcome, contract, manifest, bundle):
    again = card_files(outcome, contract, manifest)
    assert {name: (bundle / name).read_bytes() == content for name, content in again.items()} == dict.fromkeys(
        ["evidence.json", "model_card.md", "model_card.html", "model_card.fr.html"], True
    )


@pytest.mark.parametrize("name", ["", ".fr"])
def test_a_page_fetches_nothing_and_runs_nothing(pages, name):
    page = pages[name]
    assert not re.search(r"<script|<link|<iframe|<object|@import|\bon\w+=|javascript:", page)
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert all(link.startswith("#") for link in re.findall(r"url\(([^)]*)", page))


@pytest.mark.parametrize("name", ["", ".fr"])
def test_ids_are_unique_and_every_reference_resolves(pages, name):
    page = pages[name]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)", page)) <= set(ids)


def test_every_figure_is_whole_and_said_in_words(pages):
    figures = figures_of(pages[""])
    expected = "roc precision-recall ks lift calibration-curve cost reasons swarm segments approval"
    assert set(expected.split()) <= set(figures)
    assert len([name for name in figures if name.startswith("dependence-")]) == 10
    for svg in figures.values():
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own figure
        assert root.get("role") == "img"
        assert root.get("aria-label")
    assert pages[""].count("<figcaption>") == len(figures)


def test_figures_of_numbers_have_them_beside(pages):
    folded = re.findall(r'<figure id="([\w-]+)"[^>]*>(?:(?!</figure>).)*<details>', pages[""], flags=re.DOTALL)
    assert {"roc", "precision-recall", "ks", "lift", "cost", "reasons"} <= set(folded)
    assert "Calibration by decile" in pages[""]


def test_protected_groups_and_segments_are_there(pages, contract):
    for column in contract.application.columns:
        if column.protected:
            assert column.label_en in pages[""]
            assert column.label_fr.replace("'", "&#x27;") in pages[".fr"]


def test_the_card_says_how_to_make_the_model_again(bundle, manifest):
    text = (bundle / "model_card.md").read_text()
    assert manifest["training"]["data_sha256"] in text
    assert manifest["code_version"] in text
    assert "python -m ml.cli train --product home_credit" in text
    assert f"rounds = {manifest['parameters']['rounds']}" in text


def test_the_evidence_is_aggregates_without_small_groups(bundle):
    evidence = json.loads((bundle / "evidence.json").read_bytes())
    assert "swarm" not in evidence["influence"]
    for groups in (*evidence["fairness"], *evidence["segments"]):
        for figures in groups["figures"]:
            small = figures["rows"] < 100
            assert not small or all(
                value is None for key, value in figures.items() if key not in ("group", "rows", "is_reference")
            )


def test_a_hostile_label_is_text(outcome, contract, manifest):
    table = contract.application
    wicked = tuple(replace(each, label_en="<script>$x^2$|") if each.protected else each for each in table.columns)
    named = replace(contract, tables={**contract.tables, table.name: replace(table, columns=wicked)})
    files = card_files(outcome, named, manifest)
    assert b"<script>" not in files["model_card.html"]
    assert b"&lt;script&gt;$x^2$|" in files["model_card.html"]
    assert b"<script>" not in files["model_card.md"]


def test_every_text_has_its_french():
    calls = [
        node
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "words"
    ]
    texts = {node.args[0].value for node in calls if isinstance(node.args[0], ast.Constant)}
    french = _french()
    assert texts <= set(french)
    for english, translated in french.items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", translated))


def test_numbers_in_both_languages():
    assert Words().number(1234.5, 1) == "1,234.5"
    assert Words("fr").number(1234.5, 1) == "1\N{NARROW NO-BREAK SPACE}234,5"
    assert Words("fr").percent(0.5) == "50,0\N{NO-BREAK SPACE}%"
    with pytest.raises(KeyError):
        Words("fr")("a text nobody translated")


def test_curves_agree_with_scikit_learn(drawn):
    labels, probability = drawn
    found = curves(labels, probability, CostMatrix())
    false_rate, true_rate, _ = roc_curve(labels, probability, drop_intermediate=False)
    expected = np.interp(found.roc.x, false_rate, true_rate)
    steps = np.abs(np.array(found.roc.y) - expected)
    assert steps.max() <= 1 / labels.sum() + 1e-9 or np.isin(found.roc.y, true_rate).all()
    assert found.captured.y[-1] == 1.0
    assert found.lift.y[-1] == pytest.approx(1.0)


def test_ks_is_the_greatest_distance_of_the_two_curves(drawn):
    labels, probability = drawn
    found = curves(labels, probability, CostMatrix())
    at = found.ks_at
    distance = np.mean(probability[labels == 0] <= at) - np.mean(probability[labels == 1] <= at)
    assert distance == pytest.approx(ks(labels, probability))
    for curve, value in ((found.payers, 0), (found.defaulters, 1)):
        shares = [np.mean(probability[labels == value] <= x) for x in curve.x]
        np.testing.assert_allclose(curve.y, shares)


def test_resampled_intervals_hold_the_figure_and_are_seeded(drawn):
    labels, probability = drawn
    found = resampled_intervals(labels, probability, seed=1)
    assert found == resampled_intervals(labels, probability, seed=1)
    assert found["pr_auc"].value == pytest.approx(average_precision_score(labels, probability))
    assert found["ks"].value == pytest.approx(ks(labels, probability))
    for interval in found.values():
        assert interval.lower < interval.value < interval.upper


def test_importance_is_the_mean_contribution(outcome):
    matrix = outcome.data.matrix[:50]
    found = influence(outcome.booster, outcome.calibration, outcome.specification, matrix, seed=0)
    own = np.abs(outcome.booster.predict(matrix, pred_contrib=True)[:, :-1]).mean(axis=0)
    assert {each.name: each.mean_absolute for each in found.features} == pytest.approx(
        dict(zip(outcome.specification.names, own, strict=True))
    )
    assert [each.mean_absolute for each in found.features] == sorted(own, reverse=True)


def test_partial_dependence_sets_one_feature_for_all(outcome):
    matrix = outcome.data.matrix[:40]
    found = influence(outcome.booster, outcome.calibration, outcome.specification, matrix, seed=0).dependence[0]
    changed = matrix.copy()
    changed[:, outcome.specification.names.index(found.name)] = found.values[1]
    probability = outcome.calibration.probability(outcome.booster.predict(changed, raw_score=True))
    assert found.mean[1] == pytest.approx(probability.mean())


def test_markdown_escapes_bars_and_tags():
    table = Table("A <b>", ("x", "y"), (("a|b", "<i>"),))
    text = as_markdown(Card("en", "T", "S", (Section("k", "K", (table,)),)))
    assert r"| a\|b | &lt;i> |" in text
    assert "<b>" not in text


def test_a_page_without_figures_is_a_page():
    page = as_html(Card("fr", "Titre", "Sous-titre", (Section("k", "K", ("Un & deux",)),)))
    assert '<html lang="fr">' in page
    assert "Un &amp; deux" in page
    assert figures_of(page) == {}
