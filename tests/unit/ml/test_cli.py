import pytest

from ml.bundle import load_model, load_public_key
from ml.cli import main
from ml.train import TrainingOutcome


@pytest.fixture
def trained(monkeypatch, outcome):
    """The command without its minutes: the training itself is the one already done."""

    def ready(*_args, progress, **_kwargs) -> TrainingOutcome:
        progress("trained")
        return outcome

    monkeypatch.setattr("ml.cli.train", ready)


def run(tmp_path, data, *more):
    folders = ["--out", str(tmp_path / "bundles"), "--keys", str(tmp_path / "keys")]
    return main(["train", "--data", str(data), *folders, *more])


@pytest.mark.parametrize("name", ["application_train.parquet", "application_train.csv", "application.csv.gz"])
def test_train_finds_the_table_and_ends_with_the_bundle(tmp_path, applicants, trained, capsys, name):
    write = applicants.to_parquet if name.endswith("parquet") else applicants.to_csv
    write(tmp_path / name, index=False)
    assert run(tmp_path, tmp_path, "--quick") == 0
    said = capsys.readouterr()
    last = said.out.splitlines()[-1]
    assert last.startswith("bundle: ")
    assert "| Accept everyone |" in said.out
    assert "trained" in said.err
    public = tmp_path / "keys" / "bundle_public.pem"
    bundle = last.removeprefix("bundle: ")
    assert load_model(bundle, load_public_key(public)).version in bundle
    assert main(["verify", bundle, "--key", str(public)]) == 0


def test_a_second_training_signs_with_the_same_key(tmp_path, applicants, trained):
    applicants.to_parquet(tmp_path / "application_train.parquet")
    (tmp_path / "two").mkdir()
    assert run(tmp_path, tmp_path / "application_train.parquet") == 0
    key = (tmp_path / "keys" / "bundle_private.pem").read_bytes()
    assert run(tmp_path, tmp_path, "--out", str(tmp_path / "two")) == 0
    assert (tmp_path / "keys" / "bundle_private.pem").read_bytes() == key


def test_no_table_is_named(tmp_path, capsys):
    assert run(tmp_path, tmp_path) == 1
    assert "application_train" in capsys.readouterr().err


def test_a_failed_run_leaves_no_bundle(tmp_path, applicants, capsys):
    applicants.assign(TARGET=0).to_parquet(tmp_path / "application_train.parquet")
    assert run(tmp_path, tmp_path) == 1
    assert "error (one_class)" in capsys.readouterr().err
    assert not (tmp_path / "bundles").exists()


def test_verify_refuses_an_altered_bundle(tmp_path, bundle, keys, capsys):
    altered = tmp_path / bundle.name
    altered.mkdir()
    for path in bundle.iterdir():
        (altered / path.name).write_bytes(path.read_bytes() + (b" " if path.suffix == ".md" else b""))
    assert main(["verify", str(altered), "--key", str(keys[1])]) == 1
    assert "bundle_tampered" in capsys.readouterr().err


def test_generate_calls_the_generator(tmp_path, monkeypatch, capsys):
    def write(rows, seed, folder, *, progress):
        progress(rows, rows)
        return folder / f"{rows}-{seed}"

    monkeypatch.setattr("ml.cli.write", write)
    assert main(["generate", "--rows", "5", "--seed", "3", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out.strip().endswith("5-3")
    assert "5 of 5" in said.err
