"""Where a request comes from, and what its browser remembers."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


def client_address(request: HttpRequest) -> str:
    """The caller's address: the connection's own, or what the nearest trusted proxies were told.

    Only the last PROXY_COUNT entries of X-Forwarded-For were written by them; the rest is whatever the caller sent.
    """
    proxies = settings.PROXY_COUNT
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        return str(told[-proxies])
    return str(request.META.get("REMOTE_ADDR", ""))


def remember_language(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """For whoever reads on this device without being signed in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks; no network at all means anywhere."""
    allowed = [ipaddress.ip_network(network, strict=False) for network in networks]
    if not allowed:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in network for network in allowed)


def validate_network(value: Any) -> None:
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError as error:
        raise ValidationError(
            _("%(value)s is not a network, such as 203.0.113.0/24."), params={"value": value}
        ) from error
