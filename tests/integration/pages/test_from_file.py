"""A file for one applicant fills in the form; nothing is saved before it is submitted."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse, reverse_lazy

from accounts.models import User
from applications.intake.reading import LARGEST
from applications.models import Applicant, Application, Draft
from applications.selectors import document
from ml.contract import load_contract
from tests.factories.applications import FILE, PRODUCT
from tests.integration.pages.test_drafts import address_in, slip_in
from tests.integration.pages.test_intake import PERSON

SignIn = Callable[[User], Client]
FROM_FILE = reverse_lazy("applications:application-from-file", query={"product": PRODUCT})


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.jobs.nudge", lambda job_id, kind: None)


@pytest.fixture
def client(signed_in: SignIn, officer: User) -> Client:
    return signed_in(officer)


def sent(**changes: Any) -> str:
    whole = {"external_id": "paper-7", "product": PRODUCT, "applicant": PERSON, "file": FILE}
    return json.dumps(whole | changes)


def nothing_saved() -> bool:
    return not (Applicant.objects.exists() or Application.objects.exists() or Draft.objects.exists())


def filled_in(response: Any) -> dict[str, str]:
    forms = [form for form in response.context if "file" in form]
    entry = forms[0]
    values = dict(entry["person"].data) | dict(entry["file"].data)
    return values | {"slip": slip_in(response), "carried": entry["carried"]}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_json_of_the_api_fills_the_form_and_submits_the_same_file(
    client: Client, officer: User, language: str, is_strict: Any
) -> None:
    type(officer).objects.filter(pk=officer.pk).update(language=language)
    response = client.post(FROM_FILE, {"text": sent()})
    assert response.status_code == 200
    assert nothing_saved()
    assert "D&#x27;Almeida" in response.content.decode()
    is_strict(response)
    assert client.post(address_in(response), filled_in(response)).status_code == 302
    application = Application.objects.get()
    assert application.external_id == "paper-7"
    latest = application.latest_file
    assert latest is not None
    kept, wanted, contract = document(latest), FILE, load_contract()
    own = {contract.birth_days_column, contract.id_column}
    known = {name: value for name, value in wanted["application"].items() if value is not None and name not in own}
    assert {name: value for name, value in kept["application"].items() if name not in own} == known
    assert {name: rows for name, rows in kept.items() if name != "application"} == {
        name: rows for name, rows in wanted.items() if name != "application" and rows
    }


def test_csv_of_one_row(client: Client) -> None:
    row = {name: value for name, value in (PERSON | FILE["application"]).items() if value is not None}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    response = client.post(FROM_FILE, {"file": SimpleUploadedFile("one.csv", text.getvalue().encode("utf-8-sig"))})
    assert response.status_code == 200
    assert client.post(address_in(response), filled_in(response)).status_code == 302
    assert Application.objects.get().applicant.last_name == "D'Almeida"


def test_what_is_wrong_stands_beside_the_field(client: Client) -> None:
    file = {"application": FILE["application"] | {"AMT_CREDIT": 12, "NAME_CONTRACT_TYPE": "Gift", "AMT_CREDITS": 1}}
    page = client.post(FROM_FILE, {"text": sent(file=file)}).content.decode()
    assert "Between 1,000 and" in page
    assert "AMT_CREDITS" in page
    assert 'id="id_AMT_CREDIT_error"' in page
    assert 'id="id_NAME_CONTRACT_TYPE_error"' in page
    assert nothing_saved()


def test_an_external_id_that_is_taken_is_said(client: Client, case: Application) -> None:
    response = client.post(FROM_FILE, {"text": sent(external_id=case.external_id)})
    answer = client.post(address_in(response), filled_in(response))
    assert answer.status_code == 422
    assert "external id exists already" in answer.content.decode()
    assert Application.objects.count() == 1


REFUSED = {
    "nothing": (b"", "Nothing was sent"),
    "packed": (b"\x1f\x8b\x08" + b"0" * 50, "packed or of another kind"),
    "zip": (b"PK\x03\x04" + b"0" * 50, "packed or of another kind"),
    "latin": ('{"applicant": {"first_name": "Zoé"}}'.encode("latin-1"), "not encoded in UTF-8"),
    "utf16": ('{"a": 1}'.encode("utf-16"), "not encoded in UTF-8"),
    "nul": (b'{"a": "\x00"}', "characters that no text has"),
    "nested": (b'{"a":' * 100_000, "nested deeper"),
    "cut off": (sent()[:-20].encode(), "not whole JSON"),
    "not a number": (b'{"file": {"application": {"AMT_CREDIT": NaN}}}', "A number in the file"),
    "endless number": (b'{"file": {"application": {"AMT_CREDIT": ' + b"9" * 5000 + b"}}}", "A number in the file"),
    "twice": (b'{"file": 1, "file": 2}', "stands twice"),
    "two in a list": (b"[{}, {}]", "holds 2 applications"),
    "no object": (b"[1]", "holds no application"),
    "two rows": (b"AMT_CREDIT,AMT_ANNUITY\n1,2\n3,4\n", "holds 2 applications"),
    "header only": (b"AMT_CREDIT,AMT_ANNUITY\n", "holds no application"),
    "too few values": (b"AMT_CREDIT,AMT_ANNUITY\n1\n", "2 names of columns and 1 values"),
    "bad quotes": (b'AMT_CREDIT,AMT_ANNUITY\n"1,2\n', "badly quoted"),
    "unknown product": (b'{"product": "yachts", "file": {}}', "does not exist here"),
}


@pytest.mark.parametrize("case_name", REFUSED)
def test_what_is_not_one_application_is_refused_in_words(client: Client, case_name: str) -> None:
    content, words = REFUSED[case_name]
    response = client.post(FROM_FILE, {"file": SimpleUploadedFile("file", content or b" ")})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert nothing_saved()


@pytest.mark.parametrize("length", [LARGEST + 1, LARGEST + 200_000])
def test_a_large_file_is_refused_before_it_is_read(client: Client, length: int) -> None:
    response = client.post(FROM_FILE, {"file": SimpleUploadedFile("file", b"x" * length)})
    assert response.status_code == 413
    assert "1024 kB" in response.content.decode() or "1,024 kB" in response.content.decode()


def test_two_gigabytes_are_refused_by_what_they_declare(client: Client) -> None:
    response = client.post(
        FROM_FILE, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2 * 1024**3)
    )
    assert response.status_code == 413


@pytest.mark.parametrize("carried", ["nonsense", "[1]", '{"tables": 3}', '{"tables": {"users": [{}]}}', "[" * 100_000])
def test_what_the_form_carries_is_not_trusted(client: Client, carried: str) -> None:
    response = client.post(FROM_FILE, {"text": sent()})
    values = filled_in(response) | {"carried": carried}
    assert client.post(address_in(response), values).status_code == 302
    latest = Application.objects.get().latest_file
    assert latest is not None
    assert set(document(latest)) == {"application"}


def test_reached_from_the_form(client: Client) -> None:
    page = client.get(reverse("applications:application-new", query={"product": PRODUCT})).content.decode()
    assert str(FROM_FILE) in page


def test_what_the_contract_refuses_is_said_in_the_language_of_the_page(client: Client, officer: User) -> None:
    type(officer).objects.filter(pk=officer.pk).update(language="fr")
    said = client.post(FROM_FILE, {"text": sent(file=FILE | {"bureau": [{"DAYS_CREDIT": 5}]})}).content.decode()
    assert "5 est supérieur à 0." in said
    assert "is above" not in said
