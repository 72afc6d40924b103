"""``Authorization: Api-Key <prefix>.<secret>`` and the scopes that each call needs."""

import hmac
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission

from accounts.models import ApiKey
from accounts.services import secret_sha256
from common.errors import NotAllowed
from common.http import client_address, is_within

KEYWORD = "Api-Key"
LAST_USED_EVERY = timedelta(minutes=1)


class AddressNotAllowed(NotAllowed):
    code = "address_not_allowed"


class ApiPrincipal:
    """The caller behind a key, in the place where Django expects a user."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk: uuid.UUID = key.id


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[ApiPrincipal, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].decode("latin-1").lower() != KEYWORD.lower():
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed(_("Send: Authorization: Api-Key <prefix>.<secret>"))
        key = self._find(parts[1].decode("latin-1"))
        if not is_within(client_address(request._request), key.networks):
            raise AddressNotAllowed(_("This API key may not be used from this address."))
        self._note_use(key)
        return ApiPrincipal(key), key

    def authenticate_header(self, request: Any) -> str:
        return KEYWORD

    def _find(self, text: str) -> ApiKey:
        prefix, _dot, secret = text.replace("\x00", "").partition(".")
        key = ApiKey.objects.select_related("branch", "acts_for").filter(prefix=prefix).first()
        # the same comparison whether or not the prefix exists, so that time tells nothing
        known = hmac.compare_digest(secret_sha256(secret), key.secret_sha256 if key else secret_sha256(""))
        if key is None or not known or not key.is_valid:
            raise exceptions.AuthenticationFailed(_("This API key is unknown, expired or revoked."))
        return key

    def _note_use(self, key: ApiKey) -> None:
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
            ApiKey.objects.filter(id=key.id).update(last_used_at=now)


class HasScope(BasePermission):
    """A view declares ``scopes = {"GET": Scope.X, "POST": Scope.Y}``; a method without one is refused."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise exceptions.NotAuthenticated
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return True
        needed = view.scopes.get(method)
        if needed is None:
            raise exceptions.MethodNotAllowed(request.method)
        if needed not in request.auth.scopes:
            self.message = _("This key lacks the scope %(scope)s.") % {"scope": needed}
            return False
        return True


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api_auth.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Api-Key <prefix>.<secret>",
        }
