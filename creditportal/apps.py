from django.apps import AppConfig


class CreditPortalConfig(AppConfig):
    name = "creditportal"

    def ready(self) -> None:
        # every process that has Django must own the Celery app, or a task is sent with Celery's defaults
        import creditportal.celery  # noqa: F401
