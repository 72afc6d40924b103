import hashlib
import json
import os
import pickle
import shutil

import pytest

from ml.bundle import (
    FIRST_PARTS,
    MAX_BYTES,
    PARTS,
    SIGNATURE,
    SUMS,
    load_model,
    load_public_key,
    read_bundle,
    write_bundle,
)
from ml.errors import BundleError
from ml.keys import generate_key_pair

ALL = (*PARTS, SUMS, SIGNATURE)


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle, tmp_path / bundle.name)


def refused(path, public) -> str:
    with pytest.raises(BundleError) as caught:
        load_model(path, public)
    assert path.name in caught.value.message or caught.value.message
    return caught.value.code


def rewritten(bundle, tmp_path, private, name, **changes):
    """The same bundle with another manifest, rightly signed."""
    parts = {part: (bundle / part).read_bytes() for part in PARTS}
    manifest = json.loads(parts["manifest.json"]) | {"version": name} | changes
    manifest = {key: value for key, value in manifest.items() if value is not None}
    parts["manifest.json"] = json.dumps(manifest).encode()
    return write_bundle(tmp_path / name, parts, private)


def test_an_untouched_copy_loads_and_scores_the_same(copy, public, model, applicants):
    loaded = load_model(copy, public)
    matrix = model.matrix(applicants)
    assert loaded.checksum == model.checksum
    assert loaded.predict(matrix).raw_margin.tobytes() == model.predict(matrix).raw_margin.tobytes()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
def test_one_flipped_bit_in_any_file_is_refused(copy, public, name, where):
    content = bytearray((copy / name).read_bytes())
    content[int(len(content) * where)] ^= 1
    (copy / name).write_bytes(content)
    assert refused(copy, public) == "bundle_tampered"


@pytest.mark.parametrize("name", PARTS)
def test_the_altered_file_is_named(copy, public, name):
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    with pytest.raises(BundleError, match=name) as caught:
        read_bundle(copy, public)
    assert caught.value.details["files"] == [name]


def test_a_cut_off_file_is_refused(copy, public):
    content = (copy / "model.txt").read_bytes()
    (copy / "model.txt").write_bytes(content[: len(content) // 2])
    assert refused(copy, public) == "bundle_tampered"


def test_a_file_swapped_from_another_bundle_is_refused(copy, bundle, tmp_path, private, public):
    other = rewritten(bundle, tmp_path, private, "other", seed=99)
    shutil.copy(other / "manifest.json", copy / "manifest.json")
    assert refused(copy, public) == "bundle_tampered"


def test_a_whole_bundle_under_another_name_is_refused(copy, public):
    assert refused(copy.rename(copy.with_name("home_credit-newer")), public) == "bundle_tampered"


def test_a_bundle_signed_with_another_key_is_refused(copy, tmp_path):
    _, other = generate_key_pair(tmp_path / "other")
    assert refused(copy, load_public_key(other)) == "bundle_tampered"


@pytest.mark.parametrize(
    ("name", "code"),
    [(SIGNATURE, "bundle_unsigned"), (SUMS, "bundle_incomplete"), *((name, "bundle_incomplete") for name in PARTS)],
)
def test_a_missing_file_is_refused(copy, public, name, code):
    (copy / name).unlink()
    assert refused(copy, public) == code


def test_an_extra_file_is_refused(copy, public):
    (copy / "model.pkl").write_bytes(pickle.dumps({"model": 1}))
    with pytest.raises(BundleError, match=r"model\.pkl"):
        read_bundle(copy, public)


def test_a_pickle_in_place_of_the_model_never_runs(copy, bundle, tmp_path, private, public):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    parts = {name: (bundle / name).read_bytes() for name in PARTS}
    parts["model.txt"] = pickle.dumps(Trap())
    (copy / "model.txt").write_bytes(parts["model.txt"])
    assert refused(copy, public) == "bundle_tampered"
    name = "signed-by-mistake"
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | {"version": name}).encode()
    assert refused(write_bundle(tmp_path / name, parts, private), public) == "bundle_manifest_wrong"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ALL)
def test_a_link_in_place_of_a_file_is_refused(copy, public, tmp_path, name):
    shutil.move(copy / name, tmp_path / "elsewhere")
    (copy / name).symlink_to(tmp_path / "elsewhere")
    assert refused(copy, public) == "bundle_tampered"


def test_a_link_in_place_of_the_folder_is_refused(copy, public, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(copy)
    assert refused(link, public) == "bundle_missing"


def test_a_pipe_or_a_folder_in_place_of_a_file_is_refused(copy, public):
    (copy / "model.txt").unlink()
    os.mkfifo(copy / "model.txt")
    assert refused(copy, public) == "bundle_tampered"
    (copy / "model.txt").unlink()
    (copy / "model.txt").mkdir()
    assert refused(copy, public) == "bundle_tampered"


def test_an_oversized_file_is_refused(copy, public):
    (copy / "model_card.md").write_bytes(b"x" * (MAX_BYTES["model_card.md"] + 1))
    assert refused(copy, public) == "bundle_too_large"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("not a folder")])
def test_no_bundle_folder(tmp_path, public, make):
    make(tmp_path / "none")
    assert refused(tmp_path / "none", public) == "bundle_missing"


def test_an_unknown_format_is_refused(bundle, tmp_path, private, public):
    assert refused(rewritten(bundle, tmp_path, private, "v3", format_version=3), public) == "bundle_format_unknown"


def test_a_bundle_from_before_histories_still_scores(bundle, tmp_path, private, public, applicants):
    old = rewritten(bundle, tmp_path, private, "v1", format_version=1, histories=None, history_inputs=None)
    now, then = load_model(bundle, public), load_model(old, public)
    assert not then.specification.histories
    matrix = now.matrix(applicants)
    assert then.predict(matrix).raw_margin.tobytes() == now.predict(matrix).raw_margin.tobytes()


def sealed(folder, private):
    """The folder as it is, with digests and signature that are right for it."""
    names = [name for name in PARTS if (folder / name).exists()]
    lines = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / SUMS).write_text(lines)
    (folder / SIGNATURE).write_bytes(private.sign(lines.encode()))
    return folder


@pytest.fixture
def first(copy, private):
    """The same model as the first format had it: without HTML card and evidence."""
    for name in set(PARTS) - set(FIRST_PARTS):
        (copy / name).unlink()
    return sealed(copy, private)


def test_a_bundle_with_fewer_parts_loads_as_before(first, public, model, applicants):
    loaded = load_model(first, public)
    matrix = model.matrix(applicants)
    assert loaded.predict(matrix).raw_margin.tobytes() == model.predict(matrix).raw_margin.tobytes()
    assert (loaded.card, dict(loaded.card_pages)) == (model.card, {})


def test_a_card_cannot_be_taken_away(copy, public):
    for name in set(PARTS) - set(FIRST_PARTS):
        (copy / name).unlink()
    assert refused(copy, public) == "bundle_tampered"


def test_a_card_cannot_be_slipped_in(bundle, first, public):
    for name in set(PARTS) - set(FIRST_PARTS):
        shutil.copy(bundle / name, first / name)
    assert refused(first, public) == "bundle_tampered"


def test_two_files_in_each_others_place_are_refused(copy, public):
    english, french = copy / "model_card.html", copy / "model_card.fr.html"
    kept = english.read_bytes()
    english.write_bytes(french.read_bytes())
    french.write_bytes(kept)
    assert refused(copy, public) == "bundle_tampered"


def test_digests_that_name_a_file_elsewhere_lead_nowhere(copy, private, public):
    """Rightly signed, and still only the known names are read: the list is compared, not followed."""
    lines = (copy / SUMS).read_text().replace("model_card.md", "../model_card.md")
    shutil.copy(copy / "model_card.md", copy.parent)
    (copy / SUMS).write_text(lines)
    (copy / SIGNATURE).write_bytes(private.sign(lines.encode()))
    assert refused(copy, public) == "bundle_tampered"


@pytest.mark.parametrize("name", ALL)
def test_an_empty_file_is_refused(copy, public, name):
    (copy / name).write_bytes(b"")
    assert refused(copy, public) == "bundle_tampered"


def test_an_extra_folder_is_refused(copy, public):
    (copy / "more").mkdir()
    assert refused(copy, public) == "bundle_tampered"


def test_a_signature_of_the_right_key_over_something_else_is_refused(copy, private, public):
    (copy / SIGNATURE).write_bytes(private.sign(b"something else"))
    assert refused(copy, public) == "bundle_tampered"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"product": "mortgage"}, "bundle_contract_mismatch"),
        ({"inputs": {"SHOE_SIZE": {}}}, "bundle_contract_mismatch"),
        ({"features": []}, "bundle_manifest_wrong"),
        ({"calibration": {"parameters": {"slope": 1}}}, "bundle_manifest_wrong"),
        ({"scaling": {"grades": []}}, "bundle_manifest_wrong"),
    ],
)
def test_a_signed_manifest_that_does_not_fit_is_refused(bundle, tmp_path, private, public, change, code):
    assert refused(rewritten(bundle, tmp_path, private, "odd", **change), public) == code


def test_a_manifest_that_is_no_json_is_refused(bundle, tmp_path, private, public):
    parts = {name: (bundle / name).read_bytes() for name in PARTS} | {"manifest.json": b"{"}
    assert refused(write_bundle(tmp_path / "broken", parts, private), public) == "bundle_manifest_wrong"


def test_the_model_keeps_the_coding_it_was_trained_with(bundle, tmp_path, private, public):
    inputs = json.loads((bundle / "manifest.json").read_bytes())["inputs"]
    inputs["NAME_EDUCATION_TYPE"]["categories"].reverse()
    loaded = load_model(rewritten(bundle, tmp_path, private, "frozen", inputs=inputs), public)
    place = loaded.feature_names.index("NAME_EDUCATION_TYPE")
    first = inputs["NAME_EDUCATION_TYPE"]["categories"][0]
    assert loaded.features({"application": {"NAME_EDUCATION_TYPE": first}})[0, place] == 0.0
