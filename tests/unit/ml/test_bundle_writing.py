"""A bundle is written whole and once, with a key that only its owner reads."""

import stat

import pytest

from ml.bundle import MAX_BYTES, PARTS, load_public_key, write_bundle
from ml.errors import BundleError
from ml.keys import PUBLIC_NAME, generate_key_pair, load_private_key, public_pem


def test_a_bundle_is_never_replaced(bundle, private):
    parts = dict.fromkeys(PARTS, b"x")
    with pytest.raises(BundleError) as caught:
        write_bundle(bundle, parts, private)
    assert caught.value.code == "bundle_exists"


@pytest.mark.parametrize("change", [{"extra.txt": b""}, None])
def test_wrong_parts_are_not_written(tmp_path, private, change):
    parts = dict.fromkeys(PARTS, b"x") | (change or {})
    if change is None:
        del parts["model.txt"]
    with pytest.raises(BundleError):
        write_bundle(tmp_path / "new", parts, private)
    assert not list(tmp_path.iterdir())


def test_an_oversized_part_is_not_written(tmp_path, private):
    parts = dict.fromkeys(PARTS, b"x") | {"manifest.json": b"x" * (MAX_BYTES["manifest.json"] + 1)}
    with pytest.raises(BundleError, match=r"manifest\.json"):
        write_bundle(tmp_path / "new", parts, private)


def test_a_full_disk_leaves_nothing_behind(tmp_path, private, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ml.bundle.os.fsync", full)
    with pytest.raises(BundleError, match="No space left") as caught:
        write_bundle(tmp_path / "new", dict.fromkeys(PARTS, b"x"), private)
    assert caught.value.code == "bundle_unwritable"
    assert not list(tmp_path.iterdir())


def test_keys(tmp_path, keys):
    private, public = generate_key_pair(tmp_path)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert public.name == PUBLIC_NAME
    loaded = load_public_key(public)
    assert public_pem(load_public_key(public.read_text())) == public_pem(loaded)
    with pytest.raises(BundleError) as caught:
        generate_key_pair(tmp_path)
    assert caught.value.code == "key_exists"
    for wrong in (lambda: load_public_key(private), lambda: load_private_key(public)):
        with pytest.raises(BundleError) as caught:
            wrong()
        assert caught.value.code == "key_wrong"
    with pytest.raises(BundleError) as caught:
        load_public_key(tmp_path / "none.pem")
    assert caught.value.code == "key_missing"
