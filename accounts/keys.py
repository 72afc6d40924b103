"""The administrator's pages for the keys of other systems."""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.forms import ApiKeyForm, RotateForm
from accounts.gates import open_to
from accounts.models import ApiKey
from accounts.services import api_key_create, api_key_revoke, api_key_rotate


@require_GET
@open_to(Act.MANAGE_ACCESS)
def key_list(request: HttpRequest) -> HttpResponse:
    keys = ApiKey.objects.select_related("branch", "acts_for", "replaced_by").order_by("revoked_at", "name", "-id")
    return render(request, "accounts/key_list.html", {"keys": keys})


@require_http_methods(["GET", "POST"])
@open_to(Act.MANAGE_ACCESS)
@never_cache
def key_create(request: HttpRequest) -> HttpResponse:
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, text = api_key_create(actor=request.user.actor, **form.values)
        return _shown_once(request, key, text)
    return render(request, "accounts/key_create.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@open_to(Act.MANAGE_ACCESS)
@never_cache
def key_rotate(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, id=key_id)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap"])
        fresh, text = api_key_rotate(key=key, overlap=overlap, actor=request.user.actor)
        return _shown_once(request, fresh, text)
    return render(request, "accounts/key_rotate.html", {"form": form, "key": key})


@require_POST
@open_to(Act.MANAGE_ACCESS)
def key_revoke(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, id=key_id)
    if key.revoked_at is None:
        api_key_revoke(key=key, actor=request.user.actor)
    messages.success(request, _("The key %(name)s is revoked; it opens nothing any more.") % {"name": key})
    return redirect("accounts:key-list")


def _shown_once(request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
    return render(request, "accounts/key_shown.html", {"key": key, "text": text}, status=201)
