"""What the auditor starts with: whether the ledger holds, who read personal data, what left the portal."""

from datetime import timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Act
from accounts.models import ApiKey, User
from accounts.permissions import may
from applications.enums import Door
from applications.models import PersonalDataRead
from common import formatting
from common.ledger.verification import VERIFIED
from common.models import LedgerBlock, LedgerEvent, LedgerPending
from common.panels import NEUTRAL, Column, Panel, Series, bars, number_column
from common.periods import since
from decisions import wording
from decisions.home import WEEK, Home, Tile, part

EXPORTS = ("evidence.issued", "access.given", "export.downloaded")
LOOKED_BACK = timedelta(days=90)
SHOWN = 8


@part(Act.READ_PRIVACY)
def ledger(user: User, home: Home) -> None:
    if not may(user, Act.READ_DECISIONS):  # an administrator answers erasures and reads no record
        return
    home.tiles += [_checkpoint_tile(), _verification_tile()]
    home.panels += [_reads_panel(), _exports_panel()]


def _checkpoint_tile() -> Tile:
    last = LedgerBlock.objects.order_by("-number").first()
    waiting = LedgerPending.objects.count()
    note = ngettext("%(count)s record waits to be sealed", "%(count)s records wait to be sealed", waiting)
    number = formatting.moment(last.sealed_at) if last else _("none")
    return Tile(_("Last checkpoint"), number, note % {"count": formatting.number(waiting)}, "")


def _verification_tile() -> Tile:
    last = LedgerEvent.objects.filter(since(timezone.now() - LOOKED_BACK), action=VERIFIED).order_by("-id").first()
    if last is None:
        return _unverified_tile()
    findings = last.facts["findings"]
    words = ngettext("%(count)s finding", "%(count)s findings", findings) % {"count": formatting.number(findings)}
    note = f"⚠ {words}{_(':')} manage.py ledger verify" if findings else _("nothing was altered")
    return Tile(_("Ledger verified"), formatting.moment(last.occurred_at), note, "")


def _unverified_tile() -> Tile:
    is_old = LedgerBlock.objects.filter(sealed_at__lt=timezone.now() - LOOKED_BACK).exists()
    if is_old:
        return Tile(_("Ledger verified"), _("not in 90 days"), "⚠ manage.py ledger verify", "")
    return Tile(_("Ledger verified"), _("not yet"), _("done every day by itself"), "")


def _reads_panel() -> Panel:
    rows = PersonalDataRead.objects.filter(since(timezone.now() - WEEK)).values_list("door")
    found = list(rows.annotate(count=Count("id"), people=Count("applicant", distinct=True)).order_by("-count", "door"))
    names = [str(Door(door).label) for door, *_rest in found]
    total = sum(count for _door, count, _people in found)
    words = ngettext(
        "Personal data was read %(count)s time in the last 7 days, most through: %(door)s.",
        "Personal data was read %(count)s times in the last 7 days, most through: %(door)s.",
        total,
    )
    nothing = _("Nobody read personal data in the last 7 days.")
    return Panel(
        key="reads",
        heading=_("Reads of personal data"),
        finding=words % {"count": formatting.number(total), "door": names[0]} if found else nothing,
        columns=[Column(_("Where")), number_column(_("Reads")), number_column(_("Applicants"))],
        rows=[
            [name, formatting.number(count), formatting.number(people)]
            for name, (_door, count, people) in zip(names, found, strict=True)
        ],
        figure=bars(names, [Series(_("reads"), [row[1] for row in found], NEUTRAL)], _("reads")) if found else None,
        url=reverse("decisions:privacy-list"),
        action=_("To personal data"),
    )


def _exports_panel() -> Panel:
    rows = LedgerEvent.objects.filter(since(timezone.now() - LOOKED_BACK), action__in=EXPORTS)
    found = list(rows.order_by("-id")[:SHOWN])
    people = {person.id: str(person) for person in User.objects.filter(id__in=_who(found, "user"))}
    keys = _who(found, "api_key")
    people |= {key.id: str(key) for key in ApiKey.objects.filter(id__in=keys)} if keys else {}
    return Panel(
        key="exports",
        heading=_("What left the portal"),
        finding=_("The latest exports, the newest first.") if found else _("Nothing was exported in 90 days."),
        columns=[Column(_("When")), Column(_("What")), Column(_("By"))],
        rows=[
            [formatting.moment(row.occurred_at), wording.happened(row.action), people.get(row.actor_id, "")]
            for row in found
        ],
    )


def _who(events: list[LedgerEvent], kind: str) -> set[object]:
    return {event.actor_id for event in events if event.actor_kind == kind}
