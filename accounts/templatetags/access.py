"""What the person may do, for templates: they ask, they never decide."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Act
from accounts.permissions import may

register = template.Library()

PLACES = (
    ("decisions:case-queue", _("Queue"), Act.DECIDE),
    ("applications:application-list", _("Applications"), Act.READ_CASES),
    ("applications:applicant-list", _("Applicants"), Act.READ_CASES),
    ("decisions:senior-desk", _("Senior's desk"), Act.REVIEW),
    ("decisions:decision-list", _("Decisions"), Act.READ_DECISIONS),
    ("monitoring:monitoring-overview", _("Monitoring"), Act.READ_MONITORING),
    ("decisions:privacy-list", _("Personal data"), Act.READ_PRIVACY),
    ("scoring:batch-list", _("Batches"), Act.RUN_BATCHES),
    ("accounts:key-list", _("API keys"), Act.MANAGE_ACCESS),
    ("integrations:webhook-list", _("Webhooks"), Act.MANAGE_ACCESS),
    ("admin:index", _("Users and branches"), Act.MANAGE_ACCESS),
)


@dataclass(frozen=True)
class Place:
    url: str
    label: Any
    is_current: bool


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> list[Place]:
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    urls = [(_address(name), label) for name, label, act in PLACES if may(request.user, act)]
    return [Place(url, label, request.path.startswith(url)) for url, label in urls if url]


@register.simple_tag(takes_context=True)
def allowed(context: dict[str, Any], act: str) -> bool:
    request = context.get("request")
    return bool(request and request.user.is_authenticated and may(request.user, Act(act)))


def _address(name: str) -> str:
    """A room that is not part of this installation has no place in the navigation."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
