"""A table comes back as it was written; a file that is cut, empty or of another kind is refused by name."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from ml.errors import ContractError
from ml.validation import read_table, validate_frame
from tests.unit.ml.rows import CONTRACT, codes, frame_of

GENUINE = Path(__file__).parents[4] / "shared" / "data" / "home_credit"


@pytest.fixture
def written(tmp_path):
    """Writes a frame as CSV, compressed CSV or Parquet and gives the path."""

    def write(frame, suffix=".csv"):
        path = tmp_path / f"application{suffix}"
        frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
        return path

    return write


def refused(path, table="application", **options):
    with pytest.raises(ContractError) as caught:
        read_table(CONTRACT, path, table, **options)
    assert path.name in caught.value.message
    return caught.value


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_table_comes_back_as_written(written, suffix):
    frame = frame_of(AMT_ANNUITY=[1e3, None, 1e3, 1e3, 1e3, 1e3], OWN_CAR_AGE=[1, None, 3, 4, 5, 6])
    frame.loc[1, "NAME_TYPE_SUITE"] = None
    table = read_table(CONTRACT, written(frame, suffix), "application")
    assert validate_frame(CONTRACT, "application", table) == []
    assert table["SK_ID_CURR"].dtype == "int64"
    assert table["AMT_CREDIT"].dtype == "float64"
    assert table["NAME_TYPE_SUITE"].isna().tolist() == [False, True, False, False, False, False]
    pd.testing.assert_frame_equal(table, frame, check_dtype=False)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.999])
def test_table_truncated_csv_is_refused(written, kept):
    path = written(frame_of(n=30))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    error = refused(path)
    assert error.code in {"table_unreadable", "table_columns"}
    assert "columns" in error.message


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
def test_table_truncated_binary_is_refused(written, suffix, kept):
    path = written(frame_of(n=300), suffix)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    error = refused(path)
    assert error.code == "table_unreadable"
    assert "cut off" in error.message


def test_table_empty_or_absent_is_refused(written, tmp_path):
    assert refused(tmp_path / "application.csv").code == "table_missing"
    assert refused(written(frame_of().head(0))).code == "table_empty"
    path = tmp_path / "application.csv"
    path.write_bytes(b"")
    assert refused(path).code == "table_empty"


def test_table_child_without_rows_is_fine(tmp_path):
    path = tmp_path / "bureau.csv"
    frame_of("bureau").head(0).to_csv(path, index=False)
    assert len(read_table(CONTRACT, path, "bureau")) == 0


def test_table_of_another_kind_is_refused(written, tmp_path):
    assert refused(written(frame_of()).rename(tmp_path / "a.parquet")).code == "table_unreadable"
    assert refused(written(frame_of()).rename(tmp_path / "a.csv.gz")).code == "table_unreadable"
    assert refused(written(frame_of()).rename(tmp_path / "a.xlsx")).code == "table_unreadable"
    latin = tmp_path / "latin.csv"
    latin.write_bytes(frame_of(ORGANIZATION_TYPE="Santé").to_csv(index=False).encode("latin-1"))
    assert "UTF-8" in refused(latin).message


def test_table_columns_missing_unknown_or_repeated_are_named(written, tmp_path):
    error = refused(written(frame_of(NEW=1).drop(columns="AMT_CREDIT")))
    assert error.code == "table_columns"
    assert "missing columns: AMT_CREDIT; unknown columns: NEW" in error.message
    assert codes(error.problems) == [("/application/AMT_CREDIT", "missing"), ("/application/NEW", "unknown_column")]
    path = tmp_path / "semicolons.csv"
    frame_of().to_csv(path, index=False, sep=";")
    assert "semicolons" in refused(path).message


def test_table_text_in_a_number_column_names_the_rows(written):
    error = refused(written(frame_of(AMT_CREDIT=["1", "2", "much", "4", "5", "6"])))
    assert codes(error.problems) == [("/application/AMT_CREDIT", "wrong_type")]
    assert "row 3" in error.message
    assert "much" not in error.message


def test_table_parquet_with_wrong_types_is_refused(written):
    assert "AMT_CREDIT" in refused(written(frame_of(AMT_CREDIT=True), ".parquet")).message
    assert "NAME_INCOME_TYPE" in refused(written(frame_of(NAME_INCOME_TYPE=1.0), ".parquet")).message


def test_table_duplicate_ids_are_named(written):
    error = refused(written(frame_of(SK_ID_CURR=[1, 2, 2, 3, 4, 4])))
    assert codes(error.problems) == [("/application/SK_ID_CURR", "duplicate_id")]
    assert "row 3, 6" in error.message


def test_table_broken_gzip_content_is_refused(tmp_path):
    path = tmp_path / "application.csv.gz"
    content = bytearray(gzip.compress(frame_of(n=300).to_csv(index=False).encode()))
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert refused(path).code in {"table_unreadable", "table_columns", "table_values"}


@pytest.mark.genuine
@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("application_train", "application"),
        ("application_test", "application"),
        ("relational/application_train", "application"),
        ("relational/application_test", "application"),
        ("relational/bureau", "bureau"),
        ("relational/bureau_balance", "bureau_balance"),
        ("relational/previous_application", "previous_application"),
        ("relational/POS_CASH_balance", "POS_CASH_balance"),
        ("relational/installments_payments_partial", "installments_payments"),
        ("relational/credit_card_balance", "credit_card_balance"),
    ],
)
def test_genuine_table_passes(file, table):
    path = GENUINE / f"{file}.parquet"
    if not path.exists():
        pytest.skip("the genuine Home Credit data is not in ../shared/data")
    training = table == "application" and "train" in file
    assert validate_frame(CONTRACT, table, read_table(CONTRACT, path, table), require_target=training) == []
