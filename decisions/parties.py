"""Who took part in what was decided; asked before a contest goes to another person."""

from django.db.models import Q

from accounts.models import User
from applications.models import Application


def took_part(application: Application, user: User) -> bool:
    """This person decided the case, or confirmed the decision."""
    found: bool = application.decisions.filter(Q(decided_by=user) | Q(confirmed_by=user)).exists()
    return found
