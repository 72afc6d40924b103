from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.actors import SYSTEM
from common.errors import PortalError
from scoring.enums import ModelState
from scoring.models import ModelVersion
from scoring.services import model_version_register


class Command(BaseCommand):
    help = "Verify a signed bundle in the bundle folder and make it known; --promote puts it in service."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("path", type=Path, help="the bundle's folder")
        parser.add_argument("--promote", action="store_true", help="make it the champion of its product")

    def handle(self, *args: Any, path: Path, promote: bool, **options: Any) -> None:
        try:
            row = model_version_register(path=path, actor=SYSTEM, promote=promote)
        except PortalError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{row.version} is {row.get_state_display().lower()} ({row.checksum[:12]})")
        if row.state != ModelState.CHAMPION:
            champion = ModelVersion.objects.filter(product=row.product, state=ModelState.CHAMPION).first()
            self.stdout.write(f"In service: {champion or 'no model'}")
