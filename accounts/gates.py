"""The door of a page: signed in, and with a role that may do what the page is for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.enums import Act
from accounts.permissions import require

View = Callable[..., HttpResponse]


def open_to(act: Act) -> Callable[[View], View]:
    """Refuses with the names of the roles that may; the error page says them."""

    def gate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, act)
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return gate
