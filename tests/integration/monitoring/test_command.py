import pytest
from django.core.management import CommandError, call_command

from monitoring.models import DriftReport, MetricValue

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_command_compares_a_table_here(champion, applicants, write, plain_report, capsys):
    moved = applicants.assign(AMT_INCOME_TOTAL=applicants["AMT_INCOME_TOTAL"] * 2.5)
    call_command("monitoring_run", current=write(moved, "month.csv"), here=True)
    said = capsys.readouterr().out
    assert "alarm  Income" in said
    assert "report: done" in said
    assert MetricValue.objects.exists()
    assert DriftReport.objects.exists()


def test_command_leaves_the_work_to_the_workers(champion, applicants, write, capsys):
    call_command("monitoring_run", current=write(applicants))
    assert "the workers compute it" in capsys.readouterr().out
    assert not MetricValue.objects.exists()


def test_command_names_what_is_wrong_with_the_table(champion, applicants, write):
    with pytest.raises(CommandError, match="/application/AMT_CREDIT") as caught:
        call_command("monitoring_run", current=write(applicants.assign(AMT_CREDIT=-1.0)))
    assert "does not keep the product's data contract" in str(caught.value)


def test_command_without_a_model_says_so(db, applicants, write):
    with pytest.raises(CommandError, match="No model is in service"):
        call_command("monitoring_run", current=write(applicants))
