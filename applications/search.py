"""Names are searched without case or accents, on an index."""

from django.db.models import F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Concat, Lower

SHORTEST_INDEXED = 3


class ImmutableUnaccent(Func):
    """``unaccent`` may not stand in an index; the wrapper that may is created in the first migration."""

    function = "immutable_unaccent"
    output_field = TextField()


def SearchName(of: str = "") -> Func:
    """``of``: how the applicant is reached, such as ``applicant__``."""
    return _plain(Concat(F(f"{of}first_name"), Value(" "), F(f"{of}last_name"), output_field=TextField()))


def name_holds(text: str) -> Q:
    """Anywhere in ``search_name``; what is too short for the index only where a word begins."""
    if len(text) >= SHORTEST_INDEXED:
        return Q(search_name__contains=_plain(Value(text)))
    return Q(search_name__startswith=_plain(Value(text))) | Q(search_name__contains=_plain(Value(f" {text}")))


def name_is_like(text: str) -> Q:
    return Q(search_name__trigram_strict_word_similar=_plain(Value(text)))


def likeness(text: str) -> Func:
    return Func(_plain(Value(text)), F("search_name"), function="STRICT_WORD_SIMILARITY", output_field=FloatField())


def _plain(text: Func | Value) -> Func:
    return Lower(ImmutableUnaccent(text))
