"""Build the demo, or reuse what is there: run it as often as you like."""

import os
import time
from typing import Any

from django.core.management.base import BaseCommand

from common.actors import SYSTEM
from creditportal.demo import access, cases, model, shipped
from monitoring.services import monitoring_run_create


class Command(BaseCommand):
    help = "Make or complete the demo: accounts, a model trained on synthetic rows, fictional cases."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--url", default=None, help="address to write into the credentials file")

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        url = options["url"] or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
        if access.access_ready():
            access.url_update(url)
        else:
            self._say("creating the accounts")
            access.access_create(url)
        if not model.model_ready():
            model.model_create(self._say)
        if not cases.cases_ready():
            cases.cases_create(self._say)
            monitoring_run_create(product=cases.PRODUCT, days=30, actor=SYSTEM)
        shipped.shipped_create(self._say)
        self._say(f"demo ready; credentials in {access.credentials_path()}")

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {time.monotonic() - self.started:5.1f} s  {text}")
        self.stdout.flush()
