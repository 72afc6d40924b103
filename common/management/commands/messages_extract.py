from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common.catalog import collect


class Command(BaseCommand):
    help = "Bring locale/*/LC_MESSAGES/django.po up to date with the strings in code and templates."

    def handle(self, *args: Any, **options: Any) -> None:
        from babel.messages.catalog import Catalog
        from babel.messages.pofile import read_po, write_po

        template = Catalog(charset="utf-8")
        for name, line, message, context in collect(settings.BASE_DIR):
            template.add(message, None, [(name, line)], context=context)
        for path in self._catalogs():
            language = path.parents[1].name
            with path.open("rb") as source:
                catalog = read_po(source, locale=language)
            catalog.update(template, no_fuzzy_matching=True)
            catalog.obsolete.clear()
            with path.open("wb") as target:
                write_po(target, catalog, width=110, no_location=True, sort_output=True, omit_header=False)
            missing = [entry.id for entry in catalog if entry.id and not all(_texts(entry.string))]
            self.stdout.write(f"{language}: {len(catalog)} strings, {len(missing)} without a translation")
            for text in missing:
                self.stdout.write(f"  {text}")

    def _catalogs(self) -> list[Path]:
        return [path for folder in settings.LOCALE_PATHS for path in sorted(Path(folder).rglob("django.po"))]


def _texts(string: Any) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (string,)
