import gzip

import pytest
from django.urls import reverse

from common import jobs
from common.models import Job, JobState
from monitoring.models import DriftReport, MonitoringRun
from monitoring.services import MEASURE_JOB, REPORT_JOB
from tests.factories.accounts import UserFactory
from tests.integration.pages.conftest import INLINE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _strict(strict_templates):
    """Every page here is our own."""


@pytest.fixture
def client(signed_in, risk):
    return signed_in(risk)


@pytest.fixture
def done(table_run, job_of, plain_report):
    for kind in (MEASURE_JOB, REPORT_JOB):
        assert jobs.run(job_of(table_run, kind).id) == JobState.DONE
    return table_run


def url(name, *args):
    return reverse(f"monitoring:{name}", args=args)


def text(response, status=200):
    assert response.status_code == status
    content = response.content.decode()
    assert INLINE.search(content) is None
    return content


def test_overview_without_a_model_says_what_to_do(client):
    assert "until a model is registered" in text(client.get(url("monitoring-overview")))


def test_overview_answers_one_question_a_line(client, done):
    content = text(client.get(url("monitoring-overview")))
    for words in ("Are the applicants drifting", "Which model serves?", "How much did it score?", "advise as expected"):
        assert words in content
    assert "table current.parquet" in content


def test_pages_in_french(client, risk, done):
    type(risk).objects.update(language="fr")
    for page in ("monitoring-overview", "run-detail", "report-detail"):
        assert '<html lang="fr"' in text(client.get(url(page, *([] if "overview" in page else [done.id]))))


@pytest.mark.parametrize("role", ["officer", "senior", "administrator"])
def test_others_are_told_who_may(signed_in, role, done):
    user = UserFactory(**({} if role == "officer" else {role: True}))
    pages = [
        url("monitoring-overview"),
        *(url(name, done.id) for name in ("run-detail", "report-detail", "report-raw")),
    ]
    for page in pages:
        response = signed_in(user).get(page)
        assert "Risk manager" in text(response, 403)


def test_auditor_reads_but_cannot_run(signed_in, done):
    client = signed_in(UserFactory(auditor=True))
    assert "Run the comparison" not in text(client.get(url("monitoring-overview")))
    text(client.get(url("run-detail", done.id)))
    assert "Risk manager" in text(client.post(url("run-create"), {"days": 30}), 403)
    assert "Risk manager" in text(client.post(url("run-retry", done.id)), 403)


def test_button_runs_a_comparison(client, scored):
    scored(3)
    response = client.post(url("run-create"), {"days": 30})
    run = MonitoringRun.objects.get()
    assert response.headers["Location"] == url("run-detail", run.id)


@pytest.mark.parametrize(
    ("days", "words"), [("30", "there is nothing to compare"), ("31", "one of the windows"), ("", "one of the windows")]
)
def test_refusal_comes_back_in_words(client, champion, days, words):
    response = client.post(url("run-create"), {"days": days}, follow=True)
    assert words in text(response)


def test_pending_run_asks_for_itself_and_works_without_script(client, table_run):
    content = text(client.get(url("run-detail", table_run.id)))
    assert "The figures are being computed." in content
    assert "Look again now" in content
    assert 'hx-trigger="every 2s"' in content


def test_part_answers_nothing_new_until_something_is(client, table_run, job_of):
    address = url("run-detail", table_run.id)
    assert client.get(address, {"part": "figures", "seen": "queued-0"}).status_code == 204
    jobs.run(job_of(table_run, MEASURE_JOB).id)
    content = text(client.get(address, {"part": "figures", "seen": "queued-0"}))
    assert "Feature by feature" in content
    assert "<html" not in content
    assert "hx-trigger" not in content


def test_fragment_is_what_the_page_holds(client, done):
    address = url("run-detail", done.id)
    assert text(client.get(address, {"part": "figures"})).strip() in text(client.get(address))


@pytest.mark.parametrize("sort", ["csi", "feature", "missing", "nonsense"])
def test_features_are_sorted_by_link(client, done, sort):
    content = text(client.get(url("run-detail", done.id), {"sort": sort}))
    assert content.count('class="spark"') == done.values.filter(kind="csi").count()
    first, second = content.index("Age of the car"), content.index("Type of credit")
    assert sort != "feature" or first < second


def test_queries_do_not_grow_with_the_features_or_runs(client, done, table_run, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        client.get(url("run-detail", done.id))
    with django_assert_max_num_queries(22):
        client.get(url("monitoring-overview"))


def test_feature_page_shows_chart_and_table_in_words(client, done):
    content = text(client.get(url("feature-detail", done.id, "NAME_CONTRACT_TYPE")))
    assert "Revolving credit" in content
    assert "data-figure" in content
    assert "Applicants now" in content
    assert client.get(url("feature-detail", done.id, "NO_SUCH")).status_code == 404


def test_every_feature_has_its_page(client, done):
    for feature in done.values.filter(kind="csi").values_list("feature", flat=True):
        text(client.get(url("feature-detail", done.id, feature)))


def test_report_stands_in_a_frame_without_rights(client, done):
    response = client.get(url("report-detail", done.id))
    assert 'sandbox="allow-scripts"' in text(response)
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_report_is_served_under_its_own_policy(client, done):
    response = client.get(url("report-raw", done.id))
    policy = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
    assert policy == {
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
    }
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.content == b"<html><body>drawn</body></html>"
    packed = client.get(url("report-raw", done.id), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == response.content


def test_altered_report_is_not_shown(client, table_run):
    DriftReport.objects.create(
        run=table_run,
        html_gzip=gzip.compress(b"other"),
        sha256="0" * 64,
        size=5,
        reference_count=1,
        current_count=1,
        library="evidently",
    )
    client.raise_request_exception = False
    assert client.get(url("report-raw", table_run.id)).status_code == 500


def test_missing_report_and_run_are_404(client, table_run):
    assert client.get(url("report-raw", table_run.id)).status_code == 404
    assert client.get(url("run-detail", "01890000-0000-7000-8000-000000000000")).status_code == 404


def test_failed_run_says_why_and_offers_to_compute_again(client, table_run, job_of):
    Job.objects.filter(key=str(table_run.id)).update(
        state=JobState.FAILED, error="The bundle was altered.", error_code="x"
    )
    content = text(client.get(url("run-detail", table_run.id)))
    assert content.count("The bundle was altered.") == 2
    assert "Compute it again" in content
    response = client.post(url("run-retry", table_run.id))
    assert response.headers["Location"] == url("run-detail", table_run.id)
    assert job_of(table_run, MEASURE_JOB).state == JobState.QUEUED


def test_get_never_starts_anything(client, champion):
    assert client.get(url("run-create")).status_code == 405
    assert not MonitoringRun.objects.exists()
