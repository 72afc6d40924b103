"""`make bench`: a fresh demo in temporary databases, then how long the things people wait for take."""

import os
import tempfile

import django
from django.core.management import call_command


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.test")
        django.setup()
        from benchmarks import ledger, pages, score_path

        call_command("migrate", verbosity=0)
        call_command("demo")
        print(f"\n{'what':<44} {'median':>9} {'p95':>9} {'runs':>6}")
        score_path.measure()
        pages.measure()
        ledger.measure()


if __name__ == "__main__":
    main()
