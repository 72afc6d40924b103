"""Every model is either a record, written once, or listed here as mutable with the reason why."""

from django.apps import apps

from common.append_only import AppendOnlyModel

ROOMS = ("common", "accounts", "applications", "scoring", "explanations", "decisions", "monitoring", "integrations")

MUTABLE = {
    "common.Job": "its state is the progress of the work",
    "common.LedgerPending": "taken away by the block that seals it",
    "common.SubjectKey": "destroying it erases a person",
    "common.IdempotentRequest": "the answer is added when it is known",
    "accounts.Branch": "administration",
    "accounts.User": "administration",
    "accounts.ApiKey": "revoked, and its last use is noted",
    "applications.Applicant": "corrections and erasure",
    "applications.Application": "its state moves along the table in applications.lifecycle",
    "decisions.SavedQuestion": "an auditor shares it or deletes it",
    "decisions.QueueView": "a person names, changes and deletes views of their own",
    "decisions.DecisionExport": "its state is the progress of the work; what happened to it is in the ledger",
    "applications.Draft": "typed over, and emptied when it is submitted",
    "integrations.WebhookEndpoint": "paused, rotated, removed; what happened to it is in the ledger",
    "integrations.WebhookDelivery": "its state is the progress of the work",
    "scoring.Batch": "its state and its counts are the progress of the work",
    "scoring.BatchChunk": "its answer is added when it is known",
    "scoring.ModelVersion": "registered, champion, retired",
}


def test_every_model_is_a_record_or_listed_as_mutable():
    models = [model for model in apps.get_models() if model._meta.app_label in ROOMS]
    mutable = {model._meta.label for model in models if not issubclass(model, AppendOnlyModel)}
    mutable = {label for label in mutable if not apps.get_model(label)._meta.auto_created}
    assert mutable == set(MUTABLE)


def test_every_record_carries_both_triggers():
    for model in apps.get_models():
        if issubclass(model, AppendOnlyModel):
            names = {trigger.name for trigger in model._meta.triggers}
            assert {"append_only", "no_truncate"} <= names, model._meta.label
