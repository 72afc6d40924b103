"""What people type: names on one line without anything unseen, texts without what makes them read another way."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# controls, breaks, marks of direction, signs of no width; the two joiners stay, words of many languages need them
UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"

plain_name = RegexValidator(
    rf"\A[^{UNSEEN}]*\Z",
    _("Leave out what cannot be seen: line breaks, control characters, marks that turn the direction of reading."),
    code="invisible_character",
)

plain_text = RegexValidator(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]",
    _("Leave out control characters, and marks that reverse what is read."),
    code="invisible_character",
    inverse_match=True,
)
