"""What is read of a batch: its rows in the order of the file, as a stream."""

import csv
import io
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from common import formatting
from common.errors import Conflict, NotFound, PortalError
from common.sealed_files import FRAME
from ml.contract import load_contract
from scoring.batches import vault
from scoring.batches.models import Batch
from scoring.enums import BatchState

FORMATS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
RESULTS = pa.schema(
    [
        ("row", pa.int64()),
        ("id", pa.int64()),
        ("probability_of_default", pa.float64()),
        ("score_points", pa.int64()),
        ("risk_grade", pa.string()),
        ("recommendation", pa.string()),
        ("principal_reasons", pa.string()),
        ("principal_reasons_text", pa.string()),
    ]
)
PROBLEMS = pa.schema(
    [
        ("row", pa.int64()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("code", pa.string()),
        ("reason", pa.string()),
    ]
)
SCHEMAS = {"results": RESULTS, "errors": PROBLEMS}


class BatchExpired(PortalError):
    status = 410
    code = "batch_expired"


def batches_of_key(key: ApiKey) -> QuerySet[Batch]:
    return Batch.objects.filter(branch=key.branch).select_related("model_version", "policy")


def batches_of_portal() -> QuerySet[Batch]:
    """What was uploaded in the portal; what systems send belongs to their branch."""
    return Batch.objects.filter(branch=None).select_related("model_version", "policy")


def batch_get(*, rows: QuerySet[Batch], batch_id: uuid.UUID) -> Batch:
    batch = rows.filter(id=batch_id).first()
    if batch is None:
        raise NotFound(_("No such batch."))
    return batch


def rows_of(batch: Batch, part: str) -> Iterator[dict[str, Any]]:
    """``results`` or ``errors`` of a finished batch. Raises before the first row when there are none to give."""
    if batch.state == BatchState.EXPIRED:
        raise BatchExpired(_("The files of this batch were deleted after their time."))
    if batch.state != BatchState.FINISHED:
        raise Conflict(_("The batch is not finished."), code="batch_not_finished", details={"state": batch.state})
    words = _reason_words(batch) if part == "results" else {}
    names = list(batch.chunks.order_by("number").values_list("answer_name", flat=True))
    return _read_rows(batch, names, part, words)


def as_csv(rows: Iterable[dict[str, Any]], part: str) -> Iterator[bytes]:
    names, buffer = SCHEMAS[part].names, io.StringIO()
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        if buffer.tell() > FRAME:
            yield _taken(buffer)
    yield _taken(buffer)


def as_parquet(rows: Iterable[dict[str, Any]], part: str) -> IO[bytes]:
    """A temporary file without a name: the footer of Parquet comes last and says where everything is."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it when it was sent
    schema, waiting = SCHEMAS[part], []
    with pq.ParquetWriter(file, schema) as writer:
        for row in rows:
            waiting.append(row)
            if len(waiting) == 20_000:
                writer.write_table(pa.Table.from_pylist(waiting, schema))
                waiting.clear()
        writer.write_table(pa.Table.from_pylist(waiting, schema))
    file.seek(0)
    return file


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def _read_rows(batch: Batch, names: list[str], part: str, words: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name in names:
        answer = vault.read(batch, name)
        if part == "errors":
            yield from answer["problems"]
            continue
        for row in answer["results"]:
            codes = row["principal_reasons"]
            texts = {"principal_reasons_text": "; ".join(words.get(code, code) for code in codes)}
            yield row | texts | {"principal_reasons": ";".join(codes)}


def _reason_words(batch: Batch) -> dict[str, str]:
    reasons = load_contract(batch.product).reasons
    return {code: reason.text_fr if formatting.french() else reason.text_en for code, reason in reasons.items()}
