"""Documents of a file: taken in, read, withdrawn; what is refused and what stays secret."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from applications.documents.services import document_add
from applications.models import Document, DocumentWithdrawal, PersonalDataRead
from common import crypto
from common.errors import NotAllowed
from common.models import LedgerEvent
from creditportal.backup import documents as backup
from creditportal.backup.manifest import BackupError
from tests.factories.applications import PDF, DocumentFactory

EXECUTABLE = b"MZ\x90\x00\x03" + b"\x00" * 200
SECRET = b"%PDF-1.7\nZoe earns 2 400 euros\n%%EOF\n"


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    options = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = settings.STORAGES | {"documents": options}
    return folder


def address(case: Any) -> str:
    return reverse("applications:document-list", args=[case.id])


def send(client: Client, case: Any, content: bytes = PDF, name: str = "id.pdf", kind: str = "identity") -> Any:
    return client.post(address(case), {"kind": kind, "document": SimpleUploadedFile(name, content)})


def test_a_document_is_taken_in_and_read_back(signed_in, officer, case, store, is_strict):
    client = signed_in(officer)
    assert "2 needed documents are missing of 2" in client.get(address(case)).content.decode()
    assert send(client, case, SECRET, "<b>carte.pdf").status_code == 302
    document = Document.objects.get()
    page = client.get(address(case))
    is_strict(page)
    assert "&lt;b&gt;carte.pdf" in page.content.decode()
    assert "1 needed document is missing of 2" in page.content.decode()
    answer = client.get(reverse("applications:document-read", args=[case.id, document.id]))
    assert answer.content == SECRET
    assert [read.door for read in PersonalDataRead.objects.all()] == ["document"] * 3
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_neither_store_nor_database_nor_ledger_holds_it_in_clear(signed_in, officer, case, store):
    send(signed_in(officer), case, SECRET, "Lefevre.pdf")
    document = Document.objects.get()
    stored = (store / document.storage_name).read_bytes()
    assert b"euros" not in stored
    assert b"Lefevre" not in bytes(document.name_encrypted)
    event = LedgerEvent.objects.get(action="document.added")
    assert event.facts == {"document": str(document.id), "kind": "identity", "sha256": document.sha256}


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (EXECUTABLE, "identity", "whatever its name says"),
        (b"", "identity", "The file is empty."),
        (PDF[:12], "identity", "whatever its name says"),
        (PDF, "", "Choose what the document is."),
        (PDF, "horoscope", "Select a valid choice"),
    ],
)
def test_what_is_not_a_document_is_refused_beside_its_field(signed_in, officer, case, store, content, kind, said):
    answer = send(signed_in(officer), case, content, kind=kind)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Document.objects.exists()
    assert not store.exists()


def test_refusals_are_french_for_the_french(signed_in, officer, case):
    type(officer).objects.filter(pk=officer.pk).update(language="fr")
    answer = send(signed_in(officer), case, EXECUTABLE)
    assert "quel que soit son nom" in answer.content.decode()


def test_no_file_at_all_is_said(signed_in, officer, case):
    answer = signed_in(officer).post(address(case), {"kind": "identity"})
    assert "Choose a file." in answer.content.decode()


def test_a_second_press_of_the_button_adds_nothing(signed_in, officer, case):
    client = signed_in(officer)
    send(client, case)
    assert "in the list already" in send(client, case).content.decode()
    assert Document.objects.count() == 1


def test_a_file_over_the_limit_is_refused_while_it_comes(signed_in, officer, case, settings, store):
    settings.DOCUMENT_MAX_BYTES = 1024 * 1024
    answer = send(signed_in(officer), case, b"%PDF-" + b"0" * (1024 * 1024) + b"%%EOF")
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.content.decode()
    assert not store.exists()


class Endless(io.RawIOBase):
    """A body that is never read to its end; reading any of it fails the test."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def test_two_gigabytes_are_refused_unread(signed_in, officer, case):
    answer = signed_in(officer).post(
        address(case),
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2 * 1024**3),
        **{"wsgi.input": Endless()},
    )
    assert answer.status_code == 413


def test_a_form_from_elsewhere_is_refused(officer, case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert send(client, case).status_code == 403
    assert not Document.objects.exists()


def test_an_auditor_reads_and_may_not_add(signed_in, auditor, case):
    client, document = signed_in(auditor), DocumentFactory(application=case)
    assert client.get(reverse("applications:document-read", args=[case.id, document.id])).status_code == 200
    assert "Add a document" not in client.get(address(case)).content.decode()
    assert send(client, case).status_code == 403


def test_a_document_of_another_case_is_unknown(signed_in, officer, case, new_case):
    document = DocumentFactory(application=new_case())
    address_of = reverse("applications:document-read", args=[case.id, document.id])
    assert signed_in(officer).get(address_of).status_code == 404


def test_the_service_itself_refuses_another_branch(stranger, case):
    with pytest.raises(NotAllowed):
        document_add(application=case, kind="identity", name="x.pdf", content=PDF, user=stranger)


def test_a_withdrawn_document_stays_and_counts_no_more(signed_in, officer, case):
    client, document = signed_in(officer), DocumentFactory(application=case)
    withdraw = reverse("applications:document-withdraw", args=[case.id, document.id])
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    assert client.post(withdraw, {"reason": "unreadable"}).status_code == 302
    assert client.post(withdraw, {"reason": "unreadable"}).status_code == 409
    page = client.get(address(case)).content.decode()
    assert "Withdrawn: It cannot be read" in page
    assert "2 needed documents are missing" in page
    assert DocumentWithdrawal.objects.get().document == document
    assert client.get(reverse("applications:document-read", args=[case.id, document.id])).status_code == 200


def test_an_erased_persons_document_is_gone_for_good(signed_in, officer, case):
    document = DocumentFactory(application=case)
    crypto.subject_key_destroy(subject_key=case.applicant.subject_key)
    client = signed_in(officer)
    assert client.get(reverse("applications:document-read", args=[case.id, document.id])).status_code == 410
    assert "erased" in client.get(address(case)).content.decode()


def test_an_altered_document_is_not_shown(signed_in, officer, case, store):
    document = DocumentFactory(application=case)
    (store / document.storage_name).write_bytes(b"something else")
    client = signed_in(officer)
    client.raise_request_exception = False
    assert client.get(reverse("applications:document-read", args=[case.id, document.id])).status_code == 500


def test_a_backup_holds_the_documents_and_a_restore_puts_them_back(case, store, tmp_path):
    document = DocumentFactory(application=case)
    sealed = (store / document.storage_name).read_bytes()
    backup.write(tmp_path / "documents.tar", backup.names())
    storages["documents"].delete(document.storage_name)
    assert backup.put(tmp_path / "documents.tar") == 1
    assert (store / document.storage_name).read_bytes() == sealed


def test_a_backup_without_one_of_them_is_refused(case, store, tmp_path):
    document = DocumentFactory(application=case)
    storages["documents"].delete(document.storage_name)
    with pytest.raises(BackupError, match="would not be whole"):
        backup.write(tmp_path / "documents.tar", backup.names())
    with pytest.raises(BackupError, match="not in the backup"):
        backup.put(tmp_path / "none.tar")
