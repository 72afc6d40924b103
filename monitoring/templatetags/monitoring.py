"""Tags format; they never query."""

from django import template

from common.models import Job
from monitoring import wording
from monitoring.models import MonitoringRun

register = template.Library()


@register.filter
def window(run: MonitoringRun) -> str:
    return wording.window(run)


@register.filter
def why_failed(job: Job) -> str:
    return wording.why_failed(job)
