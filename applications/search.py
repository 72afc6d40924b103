"""Names are searched without case or accents, on an index."""

from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat, Lower


class ImmutableUnaccent(Func):
    """``unaccent`` may not stand in an index; the wrapper that may is created in the first migration."""

    function = "immutable_unaccent"
    output_field = TextField()


def SearchName() -> Func:
    return Lower(ImmutableUnaccent(Concat(F("first_name"), Value(" "), F("last_name"), output_field=TextField())))
