"""Questions that are kept, and answers that are taken away: each export, download and deletion is an event."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.enums import Act
from accounts.models import User
from accounts.permissions import require
from common import crypto, jobs, ledger
from common.actors import SYSTEM, Actor
from common.errors import Conflict, InvalidInput, NotFound
from decisions.audit import vault
from decisions.audit.columns import COLUMNS, in_parts
from decisions.audit.forms import QuestionForm
from decisions.audit.manifest import MANIFEST, manifest_of
from decisions.audit.models import DecisionExport, ExportState, SavedQuestion
from decisions.audit.questions import decisions_asked
from decisions.audit.writers import MEDIA_TYPES, Format, Writer, writers_for
from decisions.models import Decision

EXPORT_JOB = "export_decisions"
MOST_QUESTIONS = 100
_READ_AT_ONCE = 1024 * 1024

Tell = Callable[[int], None]


@transaction.atomic
def question_save(*, user: User, name: str, filters: Mapping[str, str], is_shared: bool) -> SavedQuestion:
    require(user, Act.AUDIT)
    _refuse_names(filters)
    if user.saved_questions.count() >= MOST_QUESTIONS:
        raise Conflict(_("You keep %(most)s questions already. Delete one first.") % {"most": MOST_QUESTIONS})
    try:
        with transaction.atomic():
            question = SavedQuestion.objects.create(
                owner=user, name=name.strip(), filters=dict(filters), is_shared=is_shared
            )
    except IntegrityError as error:
        raise Conflict(_("You already have a question with this name."), code="question_exists") from error
    ledger.record(action="question.saved", subject=question, actor=user.actor, facts=_facts(filters))
    return question


@transaction.atomic
def question_share(*, question: SavedQuestion, user: User, is_shared: bool) -> SavedQuestion:
    _refuse_strangers(question, user)
    question.is_shared = is_shared
    question.save(update_fields=["is_shared"])
    action = "question.shared" if is_shared else "question.unshared"
    ledger.record(action=action, subject=question, actor=user.actor)
    return question


@transaction.atomic
def question_delete(*, question: SavedQuestion, user: User) -> None:
    _refuse_strangers(question, user)
    ledger.record(action="question.deleted", subject=question, actor=user.actor)
    question.delete()


@transaction.atomic
def export_create(*, user: User, filters: Mapping[str, str], formats: Sequence[str], language: str) -> DecisionExport:
    """Ask for the answer as files; a worker writes them."""
    require(user, Act.AUDIT)
    _refuse_names(filters)
    chosen = [kind for kind in Format.values if kind in formats]
    if not chosen:
        raise InvalidInput(_("Choose at least one kind of file."))
    export = DecisionExport.objects.create(
        requested_by=user,
        filters=dict(filters),
        formats=chosen,
        language=language,
        file_key=crypto.subject_key_create(),
        keep_until=timezone.now() + timedelta(days=settings.EXPORT_KEEP_DAYS),
    )
    facts = _facts(filters) | {"formats": chosen}
    ledger.record(action="export.requested", subject=export, actor=user.actor, facts=facts)
    jobs.enqueue(kind=EXPORT_JOB, key=str(export.id), payload={"export": str(export.id)})
    return export


def export_write(*, export_id: uuid.UUID, tell: Tell) -> None:
    """Write every file and the manifest. Killed and started again, it writes the same rows from the start."""
    export = DecisionExport.objects.select_related("requested_by", "file_key").get(id=export_id)
    if not export.is_open:
        return
    with translation.override(export.language), TemporaryDirectory(prefix="export-") as scratch:
        form, rows = _answer(export)
        DecisionExport.objects.filter(id=export.id).update(rows=rows.count(), rows_written=0)
        folder = Path(scratch)
        made = writers_for(export.formats, folder, COLUMNS, export.created_at, f"decisions-{export.id}")
        written = _fill(export, rows, [writer for _kind, writer in made.values()], tell)
        files = [_stored(export, path, MEDIA_TYPES[kind], written) for path, (kind, _writer) in made.items()]
        manifest = folder / MANIFEST.format(export=export.id)
        manifest.write_bytes(manifest_of(export, form.parts, files, written))
        files.append(_stored(export, manifest, MEDIA_TYPES[Format.JSON], None))
    _finish(export, files, written)


@transaction.atomic
def export_download(*, export: DecisionExport, name: str, actor: Actor) -> tuple[dict[str, Any], Iterator[bytes]]:
    """One file of an export and its content; that it was taken away is an event."""
    if export.state != ExportState.READY:
        raise NotFound(_("This export has no files."))
    file = next((file for file in export.files if file["name"] == name), None)
    if file is None:
        raise NotFound(_("There is no such file."))
    content = vault.pieces(export, file["place"], file["bytes"])
    facts = {"file": name, "sha256": file["sha256"]}
    ledger.record(action="export.downloaded", subject=export, actor=actor, facts=facts)
    return file, content


@transaction.atomic
def export_delete(*, export: DecisionExport, actor: Actor) -> None:
    """Destroy the key of the files, then the files; who asked for what stays."""
    ended = DecisionExport.objects.filter(id=export.id).exclude(state=ExportState.DELETED)
    if not ended.update(state=ExportState.DELETED):
        return
    crypto.subject_key_destroy(subject_key=export.file_key)
    ledger.record(action="export.deleted", subject=export, actor=actor)
    transaction.on_commit(lambda: vault.delete_all(export))


def exports_keep() -> int:
    """Delete every export whose time is over; run again it finds nothing to do."""
    over = DecisionExport.objects.filter(keep_until__lt=timezone.now()).exclude(state=ExportState.DELETED)
    found = list(over.select_related("file_key"))
    for export in found:
        export_delete(export=export, actor=SYSTEM)
    return len(found)


def _answer(export: DecisionExport) -> tuple[QuestionForm, QuerySet[Decision]]:
    """What was decided up to the moment of asking, so that every attempt writes the same."""
    user = export.requested_by
    require(user, Act.AUDIT)
    form = QuestionForm(user, export.filters)
    if not form.is_valid():
        raise InvalidInput(_("The question of this export means nothing any more."))
    rows = decisions_asked(user=user, asked=form.cleaned_data)
    return form, rows.filter(created_at__lte=export.created_at)


def _fill(export: DecisionExport, rows: QuerySet[Decision], writers: Sequence[Writer], tell: Tell) -> int:
    written = 0
    for part in in_parts(rows):
        for values in part:
            for writer in writers:
                writer.add(values)
        written += len(part)
        DecisionExport.objects.filter(id=export.id).update(rows_written=written)
        tell(0)
    for writer in writers:
        writer.close()
    return written


def _stored(export: DecisionExport, path: Path, media_type: str, rows: int | None) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_AT_ONCE):
            digest.update(piece)
    return {
        "name": path.name,
        "media_type": media_type,
        "bytes": path.stat().st_size,
        "rows": rows,
        "sha256": digest.hexdigest(),
        "place": vault.store(export, path),
    }


@transaction.atomic
def _finish(export: DecisionExport, files: list[dict[str, Any]], written: int) -> None:
    """Only the first of two workers: the other's files stay unnamed until the export is deleted."""
    waiting = DecisionExport.objects.filter(id=export.id, state=ExportState.WAITING)
    now = timezone.now()
    if waiting.update(state=ExportState.READY, files=files, rows=written, rows_written=written, finished_at=now):
        facts = {"rows": written, "files": {file["name"]: file["sha256"] for file in files}}
        ledger.record(action="export.written", subject=export, actor=SYSTEM, facts=facts)


def _refuse_names(filters: Mapping[str, str]) -> None:
    if filters.get("q"):
        raise InvalidInput(
            _("A search by name is neither kept nor exported. Take it away and ask by the other filters.")
        )


def _refuse_strangers(question: SavedQuestion, user: User) -> None:
    require(user, Act.AUDIT)
    if question.owner_id != user.id:
        raise NotFound(_("No such question."))


def _facts(filters: Mapping[str, str]) -> dict[str, Any]:
    return {"filters": dict(filters)}
