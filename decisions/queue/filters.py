"""What narrows the queue, read from an address. What means nothing, or no longer does, narrows nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import lifecycle
from applications.enums import Status
from applications.models import Application
from applications.wording import product_choices
from decisions.selectors import promised
from ml.contract import available_products

QUEUES = {
    "branch": gettext_lazy("My branch"),
    "mine": gettext_lazy("My cases"),
    "unassigned": gettext_lazy("Nobody's yet"),
    "referred": gettext_lazy("Referred"),
}
DUES = {"late": gettext_lazy("Over the promised time"), "soon": gettext_lazy("Within a day of it")}
LABELS = {
    "which": gettext_lazy("Queue"),
    "status": gettext_lazy("State"),
    "due": gettext_lazy("Promised time"),
    "product": gettext_lazy("Product"),
}
STATUSES = [(state.value, state.label) for state in Status if state in lifecycle.OPEN]


@dataclass(frozen=True)
class QueueFilters:
    which: str = "branch"
    status: str = ""
    due: str = ""
    product: str = ""
    unknown: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "QueueFilters":
        allowed = {"which": QUEUES, "status": dict(STATUSES), "due": DUES, "product": set(available_products())}
        known = {name: asked[name] for name, values in allowed.items() if asked.get(name) in values}
        unknown = tuple((name, asked[name]) for name in allowed if name not in known and asked.get(name))
        return cls(**known, unknown=unknown)

    @property
    def codes(self) -> dict[str, str]:
        """The parameters of the address, without what narrows nothing."""
        codes = {"which": self.which, "status": self.status, "due": self.due, "product": self.product}
        return {name: code for name, code in codes.items() if code}

    @property
    def asked(self) -> dict[str, str]:
        """The codes as they were asked for, with what is no longer known."""
        return self.codes | dict(self.unknown)

    @property
    def left_out(self) -> list[str]:
        return [f"{LABELS[name]}{_(':')} {code[:40]}" for name, code in self.unknown]

    @property
    def words(self) -> list[str]:
        labels = (QUEUES, dict(STATUSES), DUES, dict(product_choices()))
        codes = (self.which, self.status, self.due, self.product)
        return [str(words.get(code, code)) for words, code in zip(labels, codes, strict=True) if code]

    def narrow(self, rows: QuerySet[Application]) -> QuerySet[Application]:
        if self.status:
            rows = rows.filter(status=self.status)
        if self.product:
            rows = rows.filter(product=self.product)
        return promised(rows, self.due)
