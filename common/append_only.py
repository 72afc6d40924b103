"""Records that are written once: the manager, the queryset, the instance and a database trigger all refuse changes.

The third layer, the rights of the application's database role, is granted by ``manage.py database_grants``.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import pgtrigger
from django.apps import apps
from django.db import models, transaction

from common.errors import PortalError
from common.ids import new_id
from common.record_digests import columns, digest


class RecordIsFinal(PortalError):
    status = 409
    code = "record_is_final"


def _refuse(*_args: object, **_kwargs: object) -> NoReturn:
    raise RecordIsFinal("This record cannot be changed or deleted; a correction is a new record.")


def _await_seal(rows: Sequence["AppendOnlyModel"]) -> None:
    """In the transaction of the rows: what the next block of the ledger has to seal."""
    if not rows or not rows[0].is_sealed:
        return
    pending = apps.get_model("common", "LedgerPending")
    label, names = rows[0]._meta.label_lower, list(columns(type(rows[0])))
    pending.objects.bulk_create(
        pending(record_type=label, record_id=row.pk, columns=names, sha256=digest(row)) for row in rows
    )


class AppendOnlyQuerySet(models.QuerySet[Any]):
    update = delete = bulk_update = update_or_create = _refuse
    aupdate = adelete = abulk_update = aupdate_or_create = _refuse

    def bulk_create(  # type: ignore[override]  # the options it does not name are refused
        self, objs: Iterable[Any], batch_size: int | None = None, **options: Any
    ) -> list[Any]:
        if any(options.values()):  # skipping or replacing rows would leave the ledger with what was never written
            _refuse()
        with transaction.atomic(savepoint=False):
            rows = super().bulk_create(objs, batch_size)
            _await_seal(rows)
        return rows


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class AppendOnlyModel(models.Model):
    """Base of every record an auditor relies on; each is sealed into the ledger but the ledger's own tables."""

    is_sealed = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    objects = AppendOnlyManager()

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        kwargs["force_insert"] = True
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            _await_seal([self])

    delete = _refuse
