from celery import shared_task

from applications.intake.drafts import drafts_expire


@shared_task(name="applications.expire_drafts")
def expire_drafts() -> None:
    drafts_expire()
