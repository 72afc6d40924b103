"""The door of a page: signed in, and with a role that may do what the page is for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.enums import Act
from accounts.kept import ask_to_sign_in
from accounts.permissions import require

View = Callable[..., HttpResponse]


def open_to(act: Act) -> Callable[[View], View]:
    """Refuses with the names of the roles that may; the error page says them."""

    def gate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            require(request.user, act)
            return view(request, *args, **kwargs)

        return guarded

    return gate
