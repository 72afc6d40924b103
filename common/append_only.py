"""Records that are written once: the manager, the queryset, the instance and a database trigger all refuse changes.

The third layer, the rights of the application's database role, is granted by ``manage.py database_grants``.
"""

from typing import Any, NoReturn

import pgtrigger
from django.db import models

from common.errors import PortalError
from common.ids import new_id


class RecordIsFinal(PortalError):
    status = 409
    code = "record_is_final"


def _refuse(*_args: object, **_kwargs: object) -> NoReturn:
    raise RecordIsFinal("This record cannot be changed or deleted; a correction is a new record.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    update = delete = bulk_update = update_or_create = _refuse
    aupdate = adelete = abulk_update = aupdate_or_create = _refuse


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class AppendOnlyModel(models.Model):
    """Base of every record an auditor relies on."""

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
        super().save(*args, **kwargs)

    delete = _refuse
