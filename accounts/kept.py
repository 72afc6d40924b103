"""A form that came too late: the session had ended, or somebody signed in meanwhile. What was typed is not lost."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure as plain_failure

FORM = "application/x-www-form-urlencoded"
NOT_KEPT = ("csrfmiddlewaretoken",)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A page that is only read leads to the sign-in; a form that was sent comes back, to be sent again.

    A script that asked for a part of a page learns that it must ask for the whole one.
    """
    if "HX-Request" in request.headers:
        return HttpResponse(status=401)
    if not _is_own_form(request):
        return redirect_to_login(request.get_full_path())
    return _page(request, status=401)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The token is of an earlier session: with a new one in hand, the person sends the form again."""
    if not _is_own_form(request):
        return plain_failure(request, reason)
    return _page(request, status=403)


def _page(request: HttpRequest, *, status: int) -> HttpResponse:
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_KEPT]
    context = {"fields": fields, "action": request.get_full_path()}
    return render(request, "send_again.html", context, status=status)


def _is_own_form(request: HttpRequest) -> bool:
    """Sent by one of our own pages, which no other site can pretend; files are not kept, and scripts ask anew."""
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    is_form = request.method == "POST" and request.content_type == FORM
    return is_form and request.headers.get("Origin") in own and "HX-Request" not in request.headers
