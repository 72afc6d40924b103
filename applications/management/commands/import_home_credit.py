"""The importer for one product, under the name that scripts use."""

from typing import Any

from applications.management.commands import import_applications


class Command(import_applications.Command):
    help = "Import Home Credit raw tables: as import_applications --product home_credit."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options | {"product": "home_credit"})
