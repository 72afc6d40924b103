"""What an uploaded file really is, and the name it may be shown under. Nothing here opens, decodes or unpacks it."""

import unicodedata
from dataclasses import dataclass

LONGEST_NAME = 120
TAIL = 2048
# controls, formats (right-to-left overrides among them), surrogates, private use, unassigned, line and paragraph ends
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class MediaType:
    name: str
    suffixes: tuple[str, ...]
    head: bytes
    end: bytes


MEDIA_TYPES = (
    MediaType("application/pdf", (".pdf",), b"%PDF-", b"%%EOF"),
    MediaType("image/jpeg", (".jpg", ".jpeg"), b"\xff\xd8\xff", b"\xff\xd9"),
    MediaType("image/png", (".png",), b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"IEND\xaeB`\x82"),
)


def media_type_of(content: bytes) -> MediaType | None:
    """By its first bytes and its end; None for anything else, and for a file that was cut off on its way."""
    found = next((each for each in MEDIA_TYPES if content.startswith(each.head)), None)
    return found if found and found.end in content[-TAIL:] else None


def safe_name(name: str, media_type: MediaType) -> str:
    """Without what changes how a name reads, and always ending as its content does."""
    shown = "".join(" " if unicodedata.category(letter) in UNSAFE else letter for letter in name)
    shown = " ".join(shown.replace("/", " ").replace("\\", " ").split()) or "document"
    ends_well = shown.lower().endswith(media_type.suffixes)
    stem, suffix = (
        (shown.rpartition(".")[0], shown.rpartition(".")[2]) if ends_well else (shown, media_type.suffixes[0])
    )
    return f"{stem[:LONGEST_NAME].rstrip()}.{suffix.removeprefix('.')}"
