from django.db import models
from django.utils.translation import gettext_lazy as _


class Contrast(models.TextChoices):
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High: black on white, stronger lines")


class TextSize(models.TextChoices):
    NORMAL = "normal", _("Normal")
    LARGE = "large", _("Large")
    LARGEST = "largest", _("Largest")


class Role(models.TextChoices):
    OFFICER = "officer", _("Credit officer")
    SENIOR = "senior", _("Senior officer")
    AUDITOR = "auditor", _("Auditor")
    RISK = "risk", _("Risk manager")
    ADMINISTRATOR = "admin", _("Administrator")


class Act(models.TextChoices):
    """What a role may or may not do; the table is in ``accounts.permissions``."""

    READ_CASES = "read_cases", _("read cases")
    CREATE_APPLICATION = "create_application", _("enter an application")
    DECIDE = "decide", _("decide a case")
    REVIEW = "review", _("be the second person: answer overrides and contests")
    READ_DECISIONS = "read_decisions", _("read decisions")
    AUDIT = "audit", _("examine the decisions of every branch and export them")
    READ_MONITORING = "read_monitoring", _("read the monitoring")
    RUN_MONITORING = "run_monitoring", _("run the monitoring")
    READ_PRIVACY = "read_privacy", _("read what is due, held and erased")
    REQUEST_ERASURE = "request_erasure", _("ask for an erasure, or hold a person's data")
    ANSWER_ERASURE = "answer_erasure", _("approve or refuse an erasure")
    RUN_BATCHES = "run_batches", _("score files of applications")
    MANAGE_ACCESS = "manage_access", _("manage users, branches and keys")


class Scope(models.TextChoices):
    """What an API key may do."""

    APPLICATIONS_READ = "applications:read", _("read applications")
    APPLICATIONS_WRITE = "applications:write", _("submit applications and files")
    SCORES_READ = "scores:read", _("read scores and explanations")
    SCORES_WRITE = "scores:write", _("score applications")
    DECISIONS_READ = "decisions:read", _("read decisions")
    DECISIONS_WRITE = "decisions:write", _("decide in the name of the officer the key belongs to")
    BATCHES_READ = "batches:read", _("read batches and their results")
    BATCHES_WRITE = "batches:write", _("send batches to be scored")
    MODELS_READ = "models:read", _("read the model registry")
    OUTCOMES_READ = "outcomes:read", _("read outcomes")
    OUTCOMES_WRITE = "outcomes:write", _("send outcomes of credits")
    MONITORING_READ = "monitoring:read", _("read monitoring results")
    WEBHOOKS_READ = "webhooks:read", _("read webhooks and their deliveries")
    WEBHOOKS_WRITE = "webhooks:write", _("make and end webhooks, send deliveries again")
