"""Who of those we know may be the person in the form: same birth date and same name, however it is written."""

import unicodedata

from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Applicant
from applications.selectors import applicants_visible_to
from common.errors import NotFound

MOST = 20
# letters that no decomposition takes apart
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def name_key(first_name: str, last_name: str) -> tuple[str, ...]:
    """Without case, accents, hyphens, apostrophes and order.

    >>> name_key("Jean-Luc", "Lefèvre") == name_key("LEFEVRE", "jean luc")
    True
    """
    text = unicodedata.normalize("NFKD", f"{first_name} {last_name}".casefold().translate(LETTERS))
    plain = "".join(letter for letter in text if not unicodedata.combining(letter))
    return tuple(sorted("".join(letter if letter.isalnum() else " " for letter in plain).split()))


def same_person_candidates(*, user: User, first_name: str, last_name: str, birth_date: object) -> list[Applicant]:
    """The newest first, of those that ``user`` may see anyway."""
    rows = applicants_visible_to(user).filter(birth_date=birth_date, erased_at__isnull=True).order_by("-id")
    wanted = name_key(first_name, last_name)
    return [row for row in rows if name_key(row.first_name, row.last_name) == wanted][:MOST]


def chosen_of(candidates: list[Applicant], chosen: str) -> Applicant:
    """Only somebody who was offered: a choice is no way to reach other people's records."""
    for candidate in candidates:
        if str(candidate.id) == chosen:
            return candidate
    raise NotFound(_("No such applicant."))
