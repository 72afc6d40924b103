from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class ApplicationsConfig(AppConfig):
    name = "applications"
    verbose_name = _("Applications")

    def ready(self) -> None:
        from applications.checks import products_check

        checks.register(products_check)
