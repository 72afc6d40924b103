"""What the administrator starts with: users, keys that end soon, work that failed."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.enums import Act, Role
from accounts.models import ApiKey, User
from applications.models import ErasureRequest
from applications.services import SCORE_JOB
from common import formatting
from common.models import Job, JobState
from common.panels import ADVERSE, NEUTRAL, Column, Panel, Series, bars, number_column
from decisions.home import Home, Tile, part
from decisions.letters.services import CONTEST_WRITE_JOB, SEND_JOB, WRITE_JOB
from scoring.services import EXPLAIN_JOB

SOON = timedelta(days=30)
SHOWN = 10
KINDS = {
    SCORE_JOB: gettext_lazy("Scores"),
    EXPLAIN_JOB: gettext_lazy("Reasons"),
    WRITE_JOB: gettext_lazy("Letters on decisions"),
    CONTEST_WRITE_JOB: gettext_lazy("Letters on contests"),
    SEND_JOB: gettext_lazy("E-mails"),
    "monitoring_measure": gettext_lazy("Monitoring figures"),
    "monitoring_report": gettext_lazy("Drift reports"),
    "read_batch": gettext_lazy("Batches read"),
    "score_batch_chunk": gettext_lazy("Parts of batches"),
}


@part(Act.MANAGE_ACCESS)
def access(user: User, home: Home) -> None:
    roles = list(
        User.objects.filter(is_active=True).values_list("role").annotate(count=Count("id")).order_by("-count", "role")
    )
    active = sum(count for _role, count in roles)
    keys, ending = _keys()
    failed = _failed_jobs()
    erasures = ErasureRequest.objects.filter(answer__isnull=True, applicant__erased_at__isnull=True).count()
    home.tiles += [
        Tile(_("Active users"), formatting.number(active), "", reverse("admin:accounts_user_changelist")),
        Tile(_("Keys in use"), formatting.number(keys), _ending_words(len(ending)), reverse("accounts:key-list")),
        Tile(_("Failed work"), formatting.number(sum(failed.values())), _("waits for somebody to look"), ""),
        Tile(_("Erasures to answer"), formatting.number(erasures), "", reverse("decisions:privacy-list")),
    ]
    home.panels += [_keys_panel(ending), _jobs_panel(failed), _users_panel(roles, active)]


def _keys() -> tuple[int, list[ApiKey]]:
    now = timezone.now()
    valid = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    counts = valid.aggregate(all=Count("id"))
    ending = valid.filter(expires_at__lte=now + SOON).select_related("branch").order_by("expires_at", "id")
    return counts["all"], list(ending[:SHOWN])


def _failed_jobs() -> dict[str, int]:
    rows = Job.objects.filter(state=JobState.FAILED).values_list("kind").annotate(count=Count("id"))
    return dict(rows.order_by("-count", "kind"))


def _ending_words(count: int) -> str:
    if not count:
        return _("none ends within 30 days")
    words = ngettext("%(count)s ends within 30 days", "%(count)s end within 30 days", count)
    return words % {"count": formatting.number(count)}


def _keys_panel(ending: list[ApiKey]) -> Panel:
    return Panel(
        key="keys",
        heading=_("Keys that end soon"),
        finding=_("No key ends within 30 days.")
        if not ending
        else _("The next key to end is %(key)s, on %(day)s.")
        % {"key": ending[0], "day": formatting.moment(ending[0].expires_at or timezone.now())},
        columns=[Column(_("Key")), Column(_("Branch")), Column(_("Ends"))],
        rows=[[str(key), str(key.branch), formatting.moment(key.expires_at or timezone.now())] for key in ending],
        url=reverse("accounts:key-list"),
        action=_("To the keys"),
    )


def _jobs_panel(failed: dict[str, int]) -> Panel:
    names = [str(KINDS.get(kind, kind)) for kind in failed]
    counts = list(failed.values())
    total = sum(counts)
    words = ngettext(
        "%(count)s piece of work failed and is not tried again by itself; most: %(kind)s.",
        "%(count)s pieces of work failed and are not tried again by themselves; most: %(kind)s.",
        total,
    )
    return Panel(
        key="jobs",
        heading=_("Failed work"),
        finding=words % {"count": formatting.number(total), "kind": names[0]} if failed else _("No work failed."),
        columns=[Column(_("Kind")), number_column(_("Failed"))],
        rows=[[name, formatting.number(count)] for name, count in zip(names, counts, strict=True)],
        figure=bars(names, [Series(_("failed"), counts, ADVERSE, "/")], _("pieces of work")) if failed else None,
    )


def _users_panel(roles: list[tuple[str, int]], active: int) -> Panel:
    names = [str(Role(role).label) for role, _count in roles]
    counts = [count for _role, count in roles]
    words = ngettext("%(count)s person may sign in.", "%(count)s people may sign in.", active)
    return Panel(
        key="users",
        heading=_("Users by role"),
        finding=words % {"count": formatting.number(active)},
        columns=[Column(_("Role")), number_column(_("Active users"))],
        rows=[[name, formatting.number(count)] for name, count in zip(names, counts, strict=True)],
        figure=bars(names, [Series(_("active users"), counts, NEUTRAL)], _("active users")),
    )
