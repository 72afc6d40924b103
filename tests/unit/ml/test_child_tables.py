import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ml.child_tables import check_children, find_children
from ml.cli import main
from ml.errors import ContractError
from ml.synthetic import write
from ml.training_data import _informative, _narrowed, prepare
from tests.unit.ml.histories import FILES, specification_of

ROWS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(ROWS, 3, tmp_path_factory.mktemp("tables"))


@pytest.fixture
def tables(folder, contract):
    return {name: pl.read_parquet(path) for name, path in find_children(contract, folder).items()}


@pytest.fixture
def ids(folder, contract):
    return pl.read_parquet(folder / "application_train.parquet")[contract.id_column]


def check(contract, ids, folder, **frames):
    paths = {}
    for name, frame in frames.items():
        paths[name] = folder / f"{name}.parquet"
        frame.write_parquet(paths[name])
    return check_children(contract, ids, paths)


def with_value(frame, name, value, dtype=None):
    column = frame[name].cast(dtype or frame[name].dtype).to_list()
    return frame.with_columns(pl.Series(name, [value, *column[1:]], dtype=dtype or frame[name].dtype))


def test_every_table_is_counted_and_digested(contract, folder, ids, tables):
    read = check_children(contract, ids, find_children(contract, folder))
    assert {child.name: child.rows for child in read} == {name: len(frame) for name, frame in tables.items()}
    assert all(child.orphans == 0 and len(child.sha256) == 64 for child in read)


def test_rows_without_a_parent_are_counted_and_not_refused(contract, ids, tables, tmp_path):
    frame = tables["bureau"]
    own = frame.filter(pl.col("SK_ID_CURR") == ids[0])
    read = check(contract, ids.head(1), tmp_path, bureau=frame, bureau_balance=tables["bureau_balance"])
    assert read[0].orphans == len(frame) - len(own)
    alone = check(contract, ids, tmp_path, bureau_balance=tables["bureau_balance"])
    assert alone[0].orphans == alone[0].rows


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        (lambda f: f.drop("DAYS_CREDIT"), "table_columns", "missing"),
        (lambda f: f.with_columns(SHOE_SIZE=pl.lit(4)), "table_columns", "not known"),
        (lambda f: f.with_columns(pl.col("DAYS_CREDIT").cast(pl.String)), "table_values", "expected numbers"),
        (lambda f: f.with_columns(CREDIT_ACTIVE=pl.lit(4)), "table_values", "expected text"),
        (lambda f: with_value(f, "CREDIT_ACTIVE", "active"), "table_values", "did you mean"),
        (lambda f: with_value(f, "DAYS_CREDIT", 40), "table_values", "outside the allowed range"),
        (lambda f: with_value(f, "AMT_CREDIT_SUM", float("inf")), "table_values", "not a finite"),
        (lambda f: with_value(f, "DAYS_CREDIT", -1.5, pl.Float64), "table_values", "whole number"),
        (lambda f: with_value(f, "DAYS_CREDIT", None), "table_values", "no value"),
        (lambda f: pl.concat([f, f.head(2)]), "table_values", "more than once"),
    ],
)
def test_a_wrong_table_is_refused_by_name(contract, ids, tables, tmp_path, change, code, why):
    with pytest.raises(ContractError, match=why) as caught:
        check(contract, ids, tmp_path, bureau=change(tables["bureau"]))
    assert caught.value.code == code
    assert caught.value.message.startswith("bureau.parquet")
    assert caught.value.problems[0].pointer.startswith("/bureau/")


def test_a_file_that_is_cut_off_or_of_another_encoding_is_refused(contract, ids, tables, tmp_path):
    whole = tables["bureau"].write_csv().encode()
    parquet = tmp_path / "bureau.parquet"
    tables["bureau"].write_parquet(parquet)
    spoilt = {
        "bureau.parquet": parquet.read_bytes()[:-100],
        "bureau.csv": whole.replace(b"Active", "Activ\xe9".encode("latin-1"), 1),
        "bureau.csv.gz": gzip.compress(whole)[:-2000],
    }
    for name, content in spoilt.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ContractError) as caught:
            check_children(contract, ids, {"bureau": tmp_path / name})
        assert caught.value.code == "table_unreadable", name
        assert caught.value.message.startswith(name)


def test_an_empty_file_is_refused_and_an_empty_table_is_not(contract, ids, tables, tmp_path):
    assert check(contract, ids, tmp_path, bureau=tables["bureau"].clear())[0].rows == 0
    (tmp_path / "bureau.csv").touch()
    with pytest.raises(ContractError) as caught:
        check_children(contract, ids, {"bureau": tmp_path / "bureau.csv"})
    assert caught.value.code == "table_empty"


def test_preparation_reads_the_histories_and_drops_those_that_are_not_there(contract, folder):
    specification = specification_of(contract, FILES, ("AMT_INCOME_TOTAL",))
    frame = pd.read_parquet(folder / "application_train.parquet")
    paths = find_children(contract, folder)
    with_all = prepare(frame, contract, specification, 2, children=paths)
    alone = prepare(frame, contract, specification, 2)
    assert "bureau_count" in with_all.specification.names
    assert alone.specification.names == ("AMT_INCOME_TOTAL",)
    assert alone.specification.histories == ()
    assert "bureau_debt_to_income" in alone.dropped
    assert with_all.sha256 != alone.sha256
    assert with_all.matrix.shape == (ROWS, len(with_all.specification.names))


def test_narrowing_keeps_the_columns_and_the_memory():
    matrix = np.arange(60_000, dtype=np.float32).reshape(20_000, 3)
    before = matrix.copy()
    narrow = _narrowed(matrix, [0, 2])
    np.testing.assert_array_equal(narrow, before[:, [0, 2]])
    assert narrow.flags.c_contiguous
    assert np.shares_memory(narrow, matrix)


def test_what_is_missing_in_some_rows_tells_something(contract):
    specification = specification_of(contract, {}, ("AMT_CREDIT", "AMT_ANNUITY", "AMT_INCOME_TOTAL"))
    matrix = np.array([[1, np.nan, 2], [1, np.nan, np.nan]], dtype=np.float32)
    kept, dropped = _informative(specification, matrix)
    assert kept.names == ("AMT_INCOME_TOTAL",)
    assert dropped == ("AMT_ANNUITY", "AMT_CREDIT")


def test_a_run_on_a_broken_child_table_leaves_no_bundle(folder, tables, tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "bundles"
    data.mkdir()
    (data / "application_train.parquet").write_bytes((folder / "application_train.parquet").read_bytes())
    with_value(tables["bureau"], "CREDIT_ACTIVE", "open").write_parquet(data / "bureau.parquet")
    arguments = ["train", "--quick", "--data", str(data), "--out", str(out), "--keys", str(tmp_path / "keys")]
    assert main(arguments) == 1
    assert "bureau.parquet" in capsys.readouterr().err
    assert not out.exists() or not list(out.iterdir())
