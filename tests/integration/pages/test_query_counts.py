"""A list costs as many queries with twenty rows as with two, and a page that is read writes nothing."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from applications.documents.services import document_withdraw
from applications.models import Application
from tests.factories.applications import DocumentFactory

LISTS = (
    "decisions:home",
    "decisions:case-queue",
    "applications:application-list",
    "applications:applicant-list",
    "decisions:decision-list",
    "decisions:review-list",
    "decisions:senior-desk",
    "decisions:contest-list",
)
WRITES = ("INSERT", "UPDATE", "DELETE")
# that somebody read a person's data is the one thing written, and sealed like every record
READ_RECORDED = ('INSERT INTO "applications_personaldataread"', 'INSERT INTO "common_ledgerpending"')
CASE_PAGE_LIMIT = 12


def queries_of(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("page", LISTS)
def test_list_costs_the_same_with_two_rows_and_with_twenty(
    page: str, senior: User, signed_in: Callable[[User], Client], new_case: Callable[..., Application]
) -> None:
    client = signed_in(senior)
    for _case in range(2):
        new_case()
    with_two = queries_of(client, reverse(page))
    for _case in range(18):
        new_case()
    with_twenty = queries_of(client, reverse(page))
    assert len(with_two) == len(with_twenty)
    assert not [sql for sql in with_twenty if sql.startswith(WRITES)]


def test_case_page_stays_within_its_queries(
    officer: User, signed_in: Callable[[User], Client], case: Application
) -> None:
    queries = queries_of(signed_in(officer), reverse("decisions:case-detail", args=[case.id]))
    written = [sql for sql in queries if sql.startswith(WRITES)]
    assert len(queries) <= CASE_PAGE_LIMIT, "\n".join(queries)
    assert len(written) == len(READ_RECORDED)
    assert all(sql.startswith(start) for sql, start in zip(written, READ_RECORDED, strict=True))


def test_documents_cost_the_same_with_one_and_with_eight(
    officer: User, signed_in: Callable[[User], Client], case: Application
) -> None:
    client, address = signed_in(officer), reverse("applications:document-list", args=[case.id])
    document_withdraw(document=DocumentFactory(application=case), reason="replaced", user=officer)
    with_one = queries_of(client, address)
    for _document in range(7):
        document_withdraw(document=DocumentFactory(application=case), reason="replaced", user=officer)
    with_eight = queries_of(client, address)
    assert len(with_one) == len(with_eight)
    assert len([sql for sql in with_eight if sql.startswith(WRITES)]) == len(READ_RECORDED)
