"""A batch is taken in, read into chunks, scored chunk by chunk, and deleted after its time (ADR 0020)."""

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Branch
from applications.services import contract_of
from common import crypto, formatting, jobs, ledger
from common.actors import SYSTEM, Actor
from common.errors import Conflict, PortalError
from common.models import Job, JobState
from scoring import registry
from scoring.batches import reading, rows, vault
from scoring.batches.models import LIVE, Batch, BatchChunk
from scoring.enums import BatchState
from scoring.models import ModelVersion, Policy
from scoring.services import policy_in_force

READ_JOB = "read_batch"
CHUNK_JOB = "score_batch_chunk"
CHUNK_ROWS = 2_000

Tell = Callable[[int], None]


class TooLarge(PortalError):
    status = 413
    code = "file_too_large"


def batch_create(
    *, product: str, upload: File, with_reasons: bool, actor: Actor, branch: Branch | None = None
) -> tuple[Batch, bool]:
    """Take a file in; whether it is new. The same file under the same model and policy is the same batch."""
    contract = contract_of(product)
    size = int(upload.size or 0)
    if size > settings.BATCH_MAX_BYTES:
        raise TooLarge(_("The file is larger than %(most)d MB.") % {"most": settings.BATCH_MAX_BYTES // 1024**2})
    version, policy = registry.champion_of(product), policy_in_force(product)
    upload.seek(0)
    kind = reading.format_of(upload.read(4))
    upload.seek(0)
    columns = reading.open_source(io.BufferedReader(_Borrowed(upload)), kind, size, contract).columns
    sha256 = sha256_of_file(upload)
    batch = Batch(
        branch=branch,
        actor_kind=actor.kind,
        actor_id=actor.id,
        product=product,
        language=formatting.language(),
        with_reasons=with_reasons,
        model_version=version,
        policy=policy,
        format=kind,
        size=size,
        sha256=sha256,
        fingerprint=_fingerprint(branch, product, with_reasons, sha256, version, policy),
        columns=columns,
        keep_until=timezone.now() + timedelta(days=settings.BATCH_KEEP_DAYS),
    )
    known = _known(batch)
    return (known, False) if known else _store(batch, upload, actor)


def sha256_of_file(upload: File) -> str:
    digest = hashlib.sha256()
    for piece in upload.chunks():
        digest.update(piece)
    return digest.hexdigest()


def _store(batch: Batch, upload: File, actor: Actor) -> tuple[Batch, bool]:
    try:
        with transaction.atomic():
            batch.file_key = crypto.subject_key_create()
            batch.save(force_insert=True)  # the constraint stops a second sender before the file is stored
            batch.source_name = vault.store_upload(batch, upload.chunks())
            batch.save(update_fields=["source_name"])
            facts = {"sha256": batch.sha256, "model": batch.model_version.version, "policy": batch.policy.version}
            ledger.record(action="batch.received", subject=batch, actor=actor, facts=facts)
            jobs.enqueue(kind=READ_JOB, key=str(batch.id), payload={"batch": str(batch.id)})
    except IntegrityError:
        known = _known(batch)
        if known is None:
            raise
        return known, False
    except Exception:
        vault.delete_all(batch)
        raise
    return batch, True


def _known(batch: Batch) -> Batch | None:
    return Batch.objects.filter(fingerprint=batch.fingerprint, state__in=LIVE).first()


def _fingerprint(
    branch: Branch | None, product: str, with_reasons: bool, sha256: str, version: ModelVersion, policy: Policy
) -> str:
    parts = (branch.id if branch else "", product, with_reasons, sha256, version.checksum, policy.id)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def batch_read(*, batch_id: uuid.UUID, tell: Tell) -> None:
    """Put every row into a chunk. Killed and started again, it reads from the start and keeps the chunks there are."""
    batch = Batch.objects.select_related("file_key", "model_version").get(id=batch_id)
    if batch.state != BatchState.READING:
        return
    try:
        with translation.override(batch.language), vault.open_upload(batch) as stream:
            found = reading.open_source(stream, batch.format, batch.size, contract_of(batch.product))
            total = _write_chunks(batch, found, tell)
    except (reading.FileRefused, crypto.DataUnreadable) as error:
        batch_fail(batch_id=batch.id, code=error.code, reason=str(error.message))
        return
    _start_scoring(batch, total)


def _write_chunks(batch: Batch, found: reading.Source, tell: Tell) -> int:
    known = set(batch.chunks.values_list("number", flat=True))
    place = found.columns.index(contract_of(batch.product).id_column)
    named, number, total = _without_duplicates(found.rows, place), 0, 0
    while part := list(islice(named, CHUNK_ROWS)):
        if number not in known:
            content = {
                "columns": found.columns,
                "rows": [(row.number, row.line, row.values, row.problem) for row in part],
            }
            name = vault.write(batch, content)
            BatchChunk.objects.create(batch=batch, number=number, rows=len(part), source_name=name)
        number, total = number + 1, total + len(part)
        if Batch.objects.filter(id=batch.id, state=BatchState.READING).update(rows_read=total) == 0:
            break  # cancelled
        tell(0)
    return total


def _without_duplicates(found: Iterator[reading.Row], place: int) -> Iterator[reading.Row]:
    """The first row of a number is scored, the others are refused."""
    seen: set[int] = set()
    for row in found:
        number = None if row.problem else reading.id_of(row.values[place])
        if number is not None and number in seen:
            yield reading.Row(row.number, row.line, row.values, ("duplicate_id", _("An earlier row has this number.")))
            continue
        if number is not None:
            seen.add(number)
        yield row


@transaction.atomic
def _start_scoring(batch: Batch, total: int) -> None:
    if not Batch.objects.filter(id=batch.id, state=BatchState.READING).update(
        state=BatchState.SCORING, rows_read=total
    ):
        return
    for number in batch.chunks.order_by("number").values_list("number", flat=True):
        payload = {"batch": str(batch.id), "number": number}
        jobs.enqueue(kind=CHUNK_JOB, key=f"{batch.id}:{number}", payload=payload)


def chunk_score(*, batch_id: uuid.UUID, number: int) -> None:
    """Idempotent: the answer counts when its row is updated, once."""
    chunk = BatchChunk.objects.select_related("batch__file_key", "batch__model_version", "batch__policy").get(
        batch_id=batch_id, number=number
    )
    batch = chunk.batch
    if batch.state != BatchState.SCORING or chunk.done_at is not None:
        return
    model = registry.load(batch.model_version)
    content = vault.read(batch, chunk.source_name)
    with translation.override(batch.language):
        found = rows.answer(model, batch.policy.terms(model.cutoff), content, with_reasons=batch.with_reasons)
    name = vault.write(batch, found)
    scored = len(found["results"])
    with transaction.atomic():
        _count(chunk, name, scored)


def _count(chunk: BatchChunk, name: str, scored: int) -> None:
    batch = Batch.objects.select_for_update(of=("self",)).get(id=chunk.batch_id)
    if batch.state != BatchState.SCORING:
        return
    open_chunk = BatchChunk.objects.filter(id=chunk.id, done_at=None)
    if not open_chunk.update(done_at=timezone.now(), answer_name=name):
        return
    Batch.objects.filter(id=batch.id).update(
        rows_scored=F("rows_scored") + scored, rows_refused=F("rows_refused") + chunk.rows - scored
    )
    if not batch.chunks.filter(done_at=None).exists():
        _finish(batch)


def _finish(batch: Batch) -> None:
    batch.refresh_from_db()
    batch.state, batch.finished_at = BatchState.FINISHED, timezone.now()
    batch.save(update_fields=["state", "finished_at"])
    facts = {"rows": batch.rows_read, "scored": batch.rows_scored, "refused": batch.rows_refused}
    ledger.record(action="batch.finished", subject=batch, actor=SYSTEM, facts=facts)


@transaction.atomic
def batch_fail(*, batch_id: uuid.UUID, code: str, reason: str) -> None:
    batch = Batch.objects.select_for_update(of=("self",)).get(id=batch_id)
    if batch.is_open:
        batch.error_code, batch.error = code, reason
        _close(batch, BatchState.FAILED, SYSTEM, {"code": code})


@transaction.atomic
def batch_cancel(*, batch_id: uuid.UUID, actor: Actor) -> Batch:
    batch = Batch.objects.select_for_update(of=("self",)).get(id=batch_id)
    if batch.state == BatchState.CANCELLED:
        return batch
    if not batch.is_open:
        raise Conflict(_("The batch is over already; it cannot be cancelled."), code="batch_is_over")
    _close(batch, BatchState.CANCELLED, actor, {})
    return batch


def _close(batch: Batch, state: BatchState, actor: Actor, facts: dict[str, Any]) -> None:
    batch.state, batch.finished_at = state, timezone.now()
    batch.save(update_fields=["state", "finished_at", "error_code", "error"])
    ledger.record(action=f"batch.{state.value}", subject=batch, actor=actor, facts=facts)


def batches_keep() -> None:
    """Say of a batch whose work was given up that it failed, and delete what is past its time; safe to repeat."""
    open_batches = {str(batch.id): batch for batch in Batch.objects.filter(state__in=LIVE[:2])}
    for job in Job.objects.filter(kind__in=[READ_JOB, CHUNK_JOB], state=JobState.FAILED):
        batch = open_batches.pop(job.payload["batch"], None)
        if batch is not None:
            batch_fail(batch_id=batch.id, code=job.error_code or "unexpected", reason=job.error)
    over = Batch.objects.filter(keep_until__lt=timezone.now()).exclude(state=BatchState.EXPIRED)
    for batch_id in over.values_list("id", flat=True):
        _expire(batch_id)


@transaction.atomic
def _expire(batch_id: uuid.UUID) -> None:
    batch = Batch.objects.select_for_update(of=("self",)).select_related("file_key").get(id=batch_id)
    if batch.state == BatchState.EXPIRED:
        return
    crypto.subject_key_destroy(subject_key=batch.file_key)
    _close(batch, BatchState.EXPIRED, SYSTEM, {"keep_until": batch.keep_until.isoformat()})
    transaction.on_commit(lambda: vault.delete_all(batch))


class _Borrowed(io.RawIOBase):
    """The upload as a stream that can be closed without closing the upload."""

    def __init__(self, upload: File) -> None:
        self.upload = upload

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self.upload.tell())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.upload.seek(offset, whence)
        return self.tell()

    def readinto(self, buffer: Any) -> int:
        content = self.upload.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)
