import io

import numpy as np
import pandas as pd
import pytest
from django.db import IntegrityError, transaction

from common import jobs
from common.actors import SYSTEM
from common.errors import Conflict, InvalidInput, Unavailable
from common.models import Job, JobState, LedgerEvent
from ml.stability import psi
from monitoring import selectors
from monitoring.enums import Kind, Level
from monitoring.models import CurrentTable, DriftReport, MetricValue, MonitoringRun
from monitoring.services import (
    MEASURE_JOB,
    REPORT_JOB,
    monitoring_run_create,
    monitoring_run_create_from_table,
    monitoring_run_retry,
)
from scoring import registry

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def ask(days=30):
    return monitoring_run_create(product="home_credit", days=days, actor=SYSTEM)


def ask_of(path):
    return monitoring_run_create_from_table(product="home_credit", path=path, actor=SYSTEM)


def test_figures_are_measured_on_the_frozen_bins(table_run, champion, applicants, job_of):
    assert jobs.run(job_of(table_run, MEASURE_JOB).id) == JobState.DONE
    view = selectors.run_view(table_run.id)
    model = registry.load(champion)
    assert view.row_count == len(applicants)
    assert {value.feature for value in view.features} == set(model.feature_names)
    score = selectors.score_value(table_run)
    assert score.value == pytest.approx(psi(model.population.probability.proportions, score.bins["current"]))
    assert sum(score.bins["counts"]) == len(applicants)
    expected = float(np.mean(model.predict(model.matrix(applicants)).probability_of_default <= model.cutoff))
    assert view.under_cutoff.value == expected


def test_moved_feature_is_in_alarm_although_the_others_stand_still(champion, applicants, write, job_of):
    moved = applicants.assign(AMT_INCOME_TOTAL=applicants["AMT_INCOME_TOTAL"] * 2.5)
    run = ask_of(write(moved))
    jobs.run(job_of(run, MEASURE_JOB).id)
    view = selectors.run_view(run.id)
    levels = {value.feature: value.level for value in view.features}
    assert levels["AMT_INCOME_TOTAL"] == Level.ALARM
    assert levels["EXT_SOURCE_2"] == Level.STABLE
    assert view.level == Level.ALARM


def test_new_gap_in_the_data_is_seen(champion, applicants, write, job_of):
    run = ask_of(write(applicants.assign(EXT_SOURCE_2=np.nan)))
    jobs.run(job_of(run, MEASURE_JOB).id)
    value = selectors.feature_value(run, "EXT_SOURCE_2")
    assert value.missing_current == 1.0
    assert value.level == Level.ALARM


def test_measuring_twice_writes_once(table_run, job_of):
    job = job_of(table_run, MEASURE_JOB)
    jobs.run(job.id)
    Job.objects.filter(id=job.id).update(state=JobState.QUEUED)
    jobs.run(job.id)
    assert MetricValue.objects.filter(run=table_run, kind=Kind.PSI).count() == 1
    assert LedgerEvent.objects.filter(action="monitoring.measured").count() == 1


def test_same_file_is_stored_once(champion, applicants, write):
    path = write(applicants)
    first, second = ask_of(path), ask_of(path)
    assert first.id != second.id
    assert CurrentTable.objects.get().row_count == len(applicants)


def test_stored_table_holds_neither_identifier_nor_protected_attribute(table_run, champion):
    stored = pd.read_parquet(io.BytesIO(bytes(table_run.table.matrix_parquet)))
    assert tuple(stored.columns) == registry.load(champion).feature_names
    assert not {"SK_ID_CURR", "CODE_GENDER"} & set(stored.columns)


def test_report_is_drawn_on_a_sample_and_kept_with_its_hash(table_run, job_of, plain_report):
    assert jobs.run(job_of(table_run, REPORT_JOB).id) == JobState.DONE
    report = DriftReport.objects.get(run=table_run)
    assert report.current_count == len(plain_report[0].current) == 400
    assert list(plain_report[0].current.columns) == list(plain_report[0].reference.columns)
    assert report.size == len("<html><body>drawn</body></html>")


def test_column_without_a_value_is_left_out_of_the_report_and_named(champion, applicants, write, job_of, plain_report):
    run = ask_of(write(applicants.assign(OWN_CAR_AGE=np.nan)))
    jobs.run(job_of(run, REPORT_JOB).id)
    assert "Age of the car" in DriftReport.objects.get(run=run).left_out


def test_failed_report_says_why_and_can_be_asked_again(table_run, job_of, plain_report, monkeypatch):
    def refuse(samples):
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("monitoring.evidently_report.drift_report_html", refuse)
        assert jobs.run(job_of(table_run, REPORT_JOB).id) == JobState.FAILED
    assert selectors.run_view(table_run.id).failed_job.error == "The disk is full."
    monitoring_run_retry(run=table_run, actor=SYSTEM)
    assert jobs.run(job_of(table_run, REPORT_JOB).id) == JobState.DONE
    with pytest.raises(Conflict):
        monitoring_run_retry(run=table_run, actor=SYSTEM)


def test_portal_scores_are_compared(scored, job_of):
    scored(60)
    run = ask()
    assert jobs.run(job_of(run, MEASURE_JOB).id) == JobState.DONE
    view = selectors.run_view(run.id)
    assert view.row_count == 60
    assert view.is_judged


def test_few_scores_are_counted_and_not_judged(scored, job_of):
    scored(20)
    run = ask()
    jobs.run(job_of(run, MEASURE_JOB).id)
    view = selectors.run_view(run.id)
    assert not view.is_judged
    assert view.level == Level.UNJUDGED
    assert not Job.objects.filter(kind=REPORT_JOB).exists()


def test_empty_window_is_refused_and_leaves_nothing(champion):
    with pytest.raises(InvalidInput, match="scored nothing in the last 30 days"):
        ask()
    assert not MonitoringRun.objects.exists()
    assert not Job.objects.filter(kind=MEASURE_JOB).exists()


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_impossible_window_is_refused(champion, days):
    with pytest.raises(InvalidInput, match="between 1 and 3650"):
        ask(days)


def test_asking_twice_while_under_way_is_one_run(scored):
    scored(3)
    assert ask().id == ask().id
    assert ask(days=7).id != ask().id


def test_no_model_in_service_is_said(db):
    with pytest.raises(Unavailable, match="No model is in service"):
        ask()


def test_tampered_bundle_fails_the_run_in_words(table_run, bundle_copy, job_of):
    path = bundle_copy / "population.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert jobs.run(job_of(table_run, MEASURE_JOB).id) == JobState.FAILED
    job = job_of(table_run, MEASURE_JOB)
    assert job.error_code == "bundle_tampered"
    assert not table_run.values.exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda frame: frame.assign(SHOE_SIZE=42), "SHOE_SIZE"),
        (lambda frame: frame.drop(columns="AMT_CREDIT"), "AMT_CREDIT"),
        (lambda frame: frame.assign(NAME_CONTRACT_TYPE="cash loans"), "data contract"),
        (lambda frame: frame.head(0), "no rows"),
    ],
)
def test_table_that_breaks_the_contract_is_refused(champion, applicants, write, spoil, words):
    with pytest.raises(InvalidInput, match=words) as caught:
        ask_of(write(spoil(applicants), "bad.csv"))
    assert caught.value.problems
    assert not MonitoringRun.objects.exists()


def test_truncated_table_is_refused_by_name(champion, applicants, write):
    path = write(applicants)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InvalidInput, match=r"current\.parquet: it is not a whole Parquet file"):
        ask_of(path)


def test_database_holds_a_run_to_one_source(champion):
    with pytest.raises(IntegrityError), transaction.atomic():
        MonitoringRun.objects.create(model_version=champion, source="table", actor_kind="system")
