"""Every row of a file is scored as a case is, or named with what is wrong with it."""

import io

import pandas as pd
import pytest

from common.actors import SYSTEM
from scoring.batches import services
from scoring.services import score_create
from tests.factories.applications import ApplicantFactory, ApplicationFactory
from tests.factories.batch_files import WRITERS, as_csv, as_parquet, frame
from tests.integration.api.batches.conftest import finished, part, rows, work

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", WRITERS)
def test_every_row_is_scored_whatever_the_format(caller, kind, monkeypatch):
    monkeypatch.setattr(services, "CHUNK_ROWS", 8)
    batch = finished(caller, WRITERS[kind](frame()))
    assert (batch["rows_read"], batch["rows_scored"], batch["rows_refused"]) == (30, 30, 0)
    assert batch["progress"] == 100
    found = rows(caller, batch)
    assert [int(row["row"]) for row in found] == list(range(1, 31))
    assert [int(row["id"]) for row in found] == frame()["SK_ID_CURR"].tolist()
    assert not found[0]["principal_reasons"]
    assert rows(caller, batch, "errors") == []


def test_the_formats_give_the_same_scores(caller):
    answers = [rows(caller, finished(caller, write(frame()))) for write in WRITERS.values()]
    assert answers[0] == answers[1] == answers[2]


def test_a_row_has_the_score_and_the_reasons_of_a_case(caller, branch):
    batch = finished(caller, as_parquet(frame(3)), reasons="true")
    table = frame(3)
    for place, found in enumerate(rows(caller, batch, language="fr")):
        values = {name: _json(value) for name, value in table.iloc[place].items()}
        application = ApplicationFactory(
            applicant=ApplicantFactory(branch=branch), file={"application": values}, external_id=f"same-{place}"
        )
        score = score_create(application=application, actor=SYSTEM)
        work()
        assert float(found["probability_of_default"]) == score.probability_of_default
        assert int(found["score_points"]) == score.score_points
        assert (found["risk_grade"], found["recommendation"]) == (score.risk_grade, score.recommendation)
        reasons = score.explanation.principal_reasons
        assert found["principal_reasons"] == ";".join(reason["reason_code"] for reason in reasons)
        assert found["principal_reasons_text"] == "; ".join(reason["text"]["fr"] for reason in reasons)


def _json(value):
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def test_bad_rows_are_named_and_the_good_ones_scored(caller):
    table = frame(6).astype(object)
    table.loc[1, "NAME_CONTRACT_TYPE"] = "cash loans"
    table.loc[2, "AMT_CREDIT"] = "many"
    table.loc[3, "SK_ID_CURR"] = table.loc[0, "SK_ID_CURR"]
    table.loc[4, "AMT_INCOME_TOTAL"] = -5
    lines = as_csv(table).splitlines(keepends=True)
    lines.insert(3, b"\n")
    lines += [b"1,2,3\n", b'"' + lines[1], lines[1].replace(b"Cash", b"Caf\xe9")]
    batch = finished(caller, b"".join(lines))
    assert (batch["rows_read"], batch["rows_scored"], batch["rows_refused"]) == (9, 2, 7)
    assert [int(row["row"]) for row in rows(caller, batch)] == [1, 6]
    problems = {(int(p["row"]), int(p["line"]), p["column"], p["code"]) for p in rows(caller, batch, "errors")}
    assert problems == {
        (2, 3, "NAME_CONTRACT_TYPE", "unseen_category"),
        (3, 5, "AMT_CREDIT", "wrong_type"),
        (4, 6, "", "duplicate_id"),
        (5, 7, "AMT_INCOME_TOTAL", "out_of_range"),
        (7, 9, "", "wrong_number_of_values"),
        (8, 10, "", "line_unreadable"),
        (9, 11, "", "not_utf8"),
    }
    assert all(problem["reason"] for problem in rows(caller, batch, "errors"))


def test_results_and_errors_as_parquet(caller):
    table = frame(5)
    table.loc[2, "AMT_CREDIT"] = -1.0
    batch = finished(caller, as_csv(table), reasons="true")
    found = pd.read_parquet(io.BytesIO(part(caller, batch, "results", "parquet")))
    assert found["row"].tolist() == [1, 2, 4, 5]
    assert found["probability_of_default"].between(0, 1).all()
    assert found["principal_reasons"].str.len().gt(0).all()
    problems = pd.read_parquet(io.BytesIO(part(caller, batch, "errors", "parquet")))
    assert problems[["row", "line", "column"]].values.tolist() == [[3, 4, "AMT_CREDIT"]]
