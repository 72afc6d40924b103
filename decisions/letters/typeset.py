"""From a letter to its PDF/A bytes: typst, with fonts that come with the packages, never the machine's."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
import typst
from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import PortalError
from decisions.letters.content import Letter

# A-2b: embedded fonts, no external parts, readable for as long as the record is kept.
STANDARD: Final = "a-2b"


class LetterUnprintable(PortalError):
    status = 422
    code = "letter_unprintable"


def pdf_of(letter: Letter) -> bytes:
    """The same letter gives the same bytes; raises LetterUnprintable when a font lacks one of its characters."""
    try:
        content: bytes = typst.compile(  # type: ignore[misc]  # its stub has a variable it never solves
            _template(),
            sys_inputs={"letter": json.dumps(asdict(letter))},
            pdf_standards=[STANDARD],
            font_paths=[str(_fonts())],
            ignore_system_fonts=True,
        )
        return content
    except typst.TypstError as error:
        raise LetterUnprintable(_("The letter cannot be printed: %(why)s") % {"why": error}) from error


@cache
def _template() -> bytes:
    return (settings.BASE_DIR / "templates" / "letters" / "letter.typ").read_bytes()


@cache
def _fonts() -> Path:
    """DejaVu, for letters the main font lacks: Arabic, Hebrew, more of Cyrillic and Greek."""
    return Path(matplotlib.get_data_path(), "fonts", "ttf")
