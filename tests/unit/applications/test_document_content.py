import pytest

from applications.documents.content import MEDIA_TYPES, media_type_of, safe_name

PDF, JPEG, PNG = MEDIA_TYPES


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_a_whole_file_is_known_by_its_content(media_type):
    assert media_type_of(media_type.head + b"content" + media_type.end) is media_type


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_a_file_that_was_cut_off_is_none(media_type):
    assert media_type_of(media_type.head + b"content") is None


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 program %%EOF", b"\x7fELF", b"PK\x03\x04", b"<svg/>", b"GIF89a"])
def test_anything_else_is_none(content):
    assert media_type_of(content) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("pay slip.pdf", "pay slip.pdf"),
        ("SCAN.PDF", "SCAN.PDF"),
        ("invoice\u202efdp.exe", "invoice fdp.exe.pdf"),
        ("a\x00b\r\nc.pdf", "a b c.pdf"),
        ("../../etc/passwd", ".. .. etc passwd.pdf"),
        ("تعريف.pdf", "تعريف.pdf"),
        ("\u200e", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_a_name_reads_as_it_is_and_ends_as_its_content(given, shown):
    assert safe_name(given, PDF) == shown


def test_an_image_keeps_its_own_ending():
    assert safe_name("photo.jpeg", JPEG) == "photo.jpeg"
    assert safe_name("photo.pdf", PNG) == "photo.pdf.png"
