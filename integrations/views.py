"""The administrator's pages for webhooks."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from applications.selectors import keyset
from integrations.deliveries import dead_resend, delivery_resend
from integrations.enums import DeliveryState
from integrations.forms import RotateForm, WebhookForm
from integrations.models import WebhookEndpoint
from integrations.selectors import deliveries, delivery_of, webhooks
from integrations.services import webhook_create, webhook_pause, webhook_remove, webhook_resume, webhook_rotate

PAGE = 25


@require_GET
@open_to(Act.MANAGE_ACCESS)
def webhook_list(request: HttpRequest) -> HttpResponse:
    return render(request, "integrations/webhook_list.html", {"webhooks": webhooks(request.user)})


@require_http_methods(["GET", "POST"])
@open_to(Act.MANAGE_ACCESS)
@never_cache
def webhook_new(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        webhook, secret = webhook_create(actor=request.user.actor, **form.cleaned_data)
        return _shown_once(request, webhook, secret)
    return render(request, "integrations/webhook_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@open_to(Act.MANAGE_ACCESS)
def webhook_detail(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook, state = _webhook(request, webhook_id), request.GET.get("state", "")
    page = keyset(deliveries(webhook, state), after=request.GET.get("after"), size=PAGE)
    context = {"webhook": webhook, "page": page, "states": DeliveryState.choices, "state": state}
    return render(request, "integrations/webhook_detail.html", context)


@require_http_methods(["GET", "POST"])
@open_to(Act.MANAGE_ACCESS)
@never_cache
def webhook_renew(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook, form = _webhook(request, webhook_id), RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap"])
        webhook, secret = webhook_rotate(endpoint=webhook, overlap=overlap, actor=request.user.actor)
        return _shown_once(request, webhook, secret)
    return render(request, "integrations/webhook_rotate.html", {"form": form, "webhook": webhook})


@require_POST
@open_to(Act.MANAGE_ACCESS)
def webhook_hold(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook_pause(endpoint=_webhook(request, webhook_id), actor=request.user.actor)
    messages.success(request, _("Paused: what happens meanwhile waits and is sent when it goes on."))
    return redirect("integrations:webhook-detail", webhook_id)


@require_POST
@open_to(Act.MANAGE_ACCESS)
def webhook_go_on(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook_resume(endpoint=_webhook(request, webhook_id), actor=request.user.actor)
    messages.success(request, _("In use again: what waited is being sent."))
    return redirect("integrations:webhook-detail", webhook_id)


@require_POST
@open_to(Act.MANAGE_ACCESS)
def webhook_end(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook_remove(endpoint=_webhook(request, webhook_id), actor=request.user.actor)
    messages.success(request, _("The webhook is removed and its secret destroyed."))
    return redirect("integrations:webhook-list")


@require_POST
@open_to(Act.MANAGE_ACCESS)
def webhook_resend(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    count = dead_resend(endpoint=_webhook(request, webhook_id), actor=request.user.actor)
    said = ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count)
    messages.success(request, said % {"count": count})
    return redirect("integrations:webhook-detail", webhook_id)


@require_POST
@open_to(Act.MANAGE_ACCESS)
def delivery_again(request: HttpRequest, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    delivery = delivery_of(webhook_id, delivery_id)
    if delivery is None:
        raise Http404
    delivery_resend(delivery=delivery, actor=request.user.actor)
    messages.success(request, _("The delivery is sent again."))
    return redirect("integrations:webhook-detail", webhook_id)


def _webhook(request: HttpRequest, webhook_id: uuid.UUID) -> Any:
    return get_object_or_404(webhooks(request.user), id=webhook_id)


def _shown_once(request: HttpRequest, webhook: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret}
    return render(request, "integrations/webhook_shown.html", context, status=201)
