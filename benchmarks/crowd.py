"""``make bench-crowd``: the officer's queue among 10,000 and among 1,000,000 applications.

The figures to look at are the ratios. Ten branches; one case in five is open; names are made of syllables, so that
thousands of people share one, as in life.
"""

import os
import sys
import time
from statistics import median

import django
from django.core.management import call_command
from django.db import connection
from django.test import Client

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.test")
django.setup()

from accounts.enums import Role  # noqa: E402  (models exist once Django is set up)
from accounts.models import Branch, User  # noqa: E402
from applications import lifecycle  # noqa: E402
from applications.models import Application  # noqa: E402

FEW, MANY = 10_000, 1_000_000
BRANCHES, RUNS = 10, 40
SYLLABLES = "ma re lo du pont be na li sa ro che val mon tel gar fre det ki an or tu pe ri ca sol vi gne la bou que"

KEYS = """
INSERT INTO common_subjectkey (id, wrapped_key, created_at)
SELECT pg_temp.at(g, 'k'), 'x', now() FROM generate_series(%(first)s, %(last)s) g"""
PEOPLE = """
INSERT INTO applications_applicant
  (id, first_name, last_name, birth_date, language, branch_id, subject_key_id, created_at)
SELECT pg_temp.at(g, 'p'), pg_temp.name(g, 2), pg_temp.name(g * 7 + 3, 3),
  date '1950-01-01' + (g * 37 %% 18000)::int, 'fr', b.id, pg_temp.at(g, 'k'), now()
FROM generate_series(%(first)s, %(last)s) g JOIN branch b ON b.n = g %% %(branches)s"""
CASES = """
INSERT INTO applications_application
  (id, reference, product, applicant_id, branch_id, status, amount, currency, submitted_at, due_at, created_at)
SELECT pg_temp.at(g, 'a'), upper(substr(md5('r' || g), 1, 12)), 'home_credit', pg_temp.at(g, 'p'), b.id,
  CASE WHEN (g / %(branches)s) %% 5 = 0 THEN 'explained' ELSE 'decided' END,
  1000 + g %% 90000, 'EUR', at, at + interval '2 days', at
FROM generate_series(%(first)s, %(last)s) g JOIN branch b ON b.n = g %% %(branches)s,
  LATERAL (SELECT now() - interval '700 days' * (1 - g / %(last)s::numeric) AS at)"""
HELPERS = """
CREATE TEMP TABLE branch AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM accounts_branch;
CREATE FUNCTION pg_temp.at(g bigint, kind text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(1732000000000 + g * 60480), 12, '0') || '7' || substr(md5(kind || g), 1, 3)
    || '8' || substr(md5(kind || g), 4, 15))::uuid $$;
CREATE FUNCTION pg_temp.name(g bigint, parts int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT initcap(string_agg(
    (string_to_array('{syllables}', ' '))[1 + ('x' || substr(md5(g || '/' || i), 1, 6))::bit(24)::int % {count}], ''))
  FROM generate_series(1, parts) i $$;
"""


def main() -> None:
    call_command("migrate", verbosity=0)
    client, officer = _officer()
    few = _measured(client, officer, 1, FEW)
    many = _measured(client, officer, FEW + 1, MANY)
    print(f"\n{'page':<34} {FEW:>12,} {MANY:>14,}     ratio")
    for what, before in few.items():
        print(f"{what:<34} {before:>9.1f} ms {many[what]:>11.1f} ms {many[what] / before:>9.2f}")


def _officer() -> tuple[Client, User]:
    branches = [Branch.objects.create(code=f"b{number}", name=f"Branch {number}") for number in range(BRANCHES)]
    officer = User.objects.create(username="officer", role=Role.OFFICER, branch=branches[0])
    client = Client()
    client.force_login(officer)
    with connection.cursor() as cursor:
        cursor.execute(HELPERS.format(syllables=SYLLABLES, count=len(SYLLABLES.split())))
    return client, officer


def _measured(client: Client, officer: "object", first: int, last: int) -> dict[str, float]:
    _fill(first, last)
    pages = _pages(officer)
    took: dict[str, list[float]] = {what: [] for what in pages}
    for run in range(RUNS + 2):
        for what, path in pages.items():
            began = time.perf_counter()
            answer = client.get(path)
            if answer.status_code != 200:
                sys.exit(f"{path} answered {answer.status_code}")
            if run > 1:
                took[what].append(1000 * (time.perf_counter() - began))
    return {what: median(times) for what, times in took.items()}


def _fill(first: int, last: int) -> None:
    began = time.perf_counter()
    values = {"first": first, "last": last, "branches": BRANCHES}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        for statement in (KEYS, PEOPLE, CASES):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")
    print(f"{last:,} applications after {time.perf_counter() - began:.0f} s", flush=True)


def _pages(officer: "object") -> dict[str, str]:
    mine = Application.objects.filter(branch=officer.branch, status__in=lifecycle.OPEN).order_by("due_at", "id")
    Application.objects.filter(id__in=list(mine.values_list("id", flat=True)[30:90])).update(assigned_to=officer)
    deep, person = mine[mine.count() // 2], mine[40]
    name = person.applicant.last_name
    return {
        "nothing but the frame": "/accounts/preferences/",
        "queue, first page": "/queue/",
        "queue, a page in the middle": f"/queue/?after={deep.id}",
        "my cases": "/queue/?which=mine",
        "nobody's yet": "/queue/?which=unassigned",
        "referred": "/queue/?which=referred",
        "over the promised time": "/queue/?due=late",
        "within a day of it": "/queue/?due=soon",
        "search: a reference": f"/queue/?q={person.reference}",
        "search: a name": f"/queue/?q={name}",
        "search: first and last name": f"/queue/?q={person.applicant.first_name}+{name}",
        "search: a name with a typo": f"/queue/?q={name[:2]}{name[3]}{name[2]}{name[4:]}",
        "search: two letters": "/queue/?q=ma",
        "search: three letters": "/queue/?q=mar",
    }


if __name__ == "__main__":
    main()
