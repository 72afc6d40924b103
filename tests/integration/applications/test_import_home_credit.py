"""A lender's raw tables become cases, scored and explained; what cannot be taken in is named."""

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from applications.enums import Status
from applications.models import Application
from ml.synthetic import generate
from ml.synthetic.tables import FILE_NAMES
from tests.factories.accounts import BranchFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def folder(tmp_path):
    for name, frame in generate(4, seed=5).items():
        frame.to_parquet(tmp_path / f"{FILE_NAMES[name]}.parquet")
    BranchFactory()
    return tmp_path


def run(folder, **options):
    call_command("import_home_credit", folder, here=True, wait=1, **options)


def test_applicants_come_in_with_their_histories_once(champion, folder, capsys):
    run(folder)
    assert set(Application.objects.values_list("status", flat=True)) == {Status.EXPLAINED}
    assert "imported 4, already there 0, refused 0" in capsys.readouterr().out
    run(folder)
    assert "imported 0, already there 4, refused 0" in capsys.readouterr().out
    assert Application.objects.count() == 4


def test_without_a_model_the_command_says_that_nothing_was_scored(folder, monkeypatch):
    monkeypatch.setattr("common.jobs.MAX_ATTEMPTS", 1)
    with pytest.raises(CommandError, match="4 of 4 could not be scored"):
        run(folder)
    assert set(Application.objects.values_list("status", flat=True)) == {Status.SUBMITTED}


def test_truncated_file_stops_the_import_before_anything_is_written(champion, folder):
    path = folder / "bureau.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CommandError, match=r"bureau\.parquet"):
        run(folder)
    assert not Application.objects.exists()


def test_mis_cased_category_is_named(champion, folder):
    path = folder / "application_train.parquet"
    frame = pd.read_parquet(path)
    frame["NAME_CONTRACT_TYPE"] = frame["NAME_CONTRACT_TYPE"].str.lower()
    frame.to_parquet(path)
    with pytest.raises(CommandError, match="4 applicants were refused"):
        run(folder)
    assert not Application.objects.exists()
