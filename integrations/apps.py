from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from common import ledger
        from integrations.deliveries import deliveries_create

        ledger.listen(deliveries_create)
