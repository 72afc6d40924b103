"""Who may do what at every address of the pages: test_authorization.py holds the portal to this table."""

from dataclasses import dataclass

OFFICER, SENIOR, AUDITOR, RISK, ADMINISTRATOR = ROLES = ("officer", "senior", "auditor", "risk", "administrator")
DESK = {OFFICER, SENIOR}
READERS = {OFFICER, SENIOR, AUDITOR}
WATCHERS = {AUDITOR, RISK}
SIGNED_IN = set(ROLES)
ANYBODY = {*ROLES, "visitor"}
NOBODY: set[str] = set()


@dataclass(frozen=True)
class Door:
    """Who may read and who may post; ``of`` is whose address it is: a case, a decision and so on."""

    get: set[str] = frozenset()  # type: ignore[assignment]
    post: set[str] = frozenset()  # type: ignore[assignment]
    of: str = ""

    def open_to(self, method: str) -> set[str]:
        return {"GET": self.get, "POST": self.post}.get(method, NOBODY)


DOORS = {
    "health-live": Door(get=ANYBODY),
    "health-ready": Door(get=ANYBODY),
    "accounts:language-set": Door(post=ANYBODY),
    "accounts:preferences": Door(get=SIGNED_IN, post=SIGNED_IN),
    "accounts:keyboard-help": Door(get=SIGNED_IN),
    "accounts:key-list": Door(get={ADMINISTRATOR}),
    "accounts:key-create": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}),
    "accounts:key-rotate": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}, of="key"),
    "accounts:key-revoke": Door(post={ADMINISTRATOR}, of="key"),
    "integrations:webhook-list": Door(get={ADMINISTRATOR}),
    "integrations:webhook-new": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}),
    "integrations:webhook-detail": Door(get={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-rotate": Door(get={ADMINISTRATOR}, post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-pause": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-resume": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-remove": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:webhook-resend": Door(post={ADMINISTRATOR}, of="webhook"),
    "integrations:delivery-resend": Door(post={ADMINISTRATOR}, of="delivery"),
    "applications:application-list": Door(get=READERS),
    "applications:application-new": Door(get=DESK, post=DESK),
    "applications:application-from-file": Door(get=DESK, post=DESK),
    "applications:draft-list": Door(get=DESK),
    "applications:draft-save": Door(post=DESK),
    "applications:draft-delete": Door(post=DESK, of="draft"),
    "applications:application-detail": Door(get=READERS, of="case"),
    "applications:document-list": Door(get=READERS, post=DESK, of="case"),
    "applications:document-read": Door(get=READERS, of="document"),
    "applications:document-withdraw": Door(post=DESK, of="document"),
    "applications:applicant-list": Door(get=READERS),
    "applications:applicant-detail": Door(get=READERS, of="applicant"),
    "decisions:privacy-person": Door(get=READERS, of="applicant"),
    "decisions:privacy-reads": Door(get={AUDITOR, ADMINISTRATOR}, of="anybody"),
    "decisions:access-give": Door(post={SENIOR}, of="applicant"),
    "decisions:erasure-ask": Door(post={SENIOR}, of="applicant"),
    "decisions:hold-add": Door(post={SENIOR}, of="applicant"),
    "decisions:hold-end": Door(post={SENIOR}, of="held"),
    "decisions:privacy-list": Door(get={AUDITOR, ADMINISTRATOR}),
    "decisions:erasure-decide": Door(post={ADMINISTRATOR}, of="erasure"),
    "decisions:home": Door(get=SIGNED_IN),
    "decisions:queue-bulk": Door(post=DESK),
    "decisions:case-queue": Door(get=DESK),
    "decisions:queue-view-new": Door(get=DESK, post=DESK),
    "decisions:queue-view-edit": Door(get=DESK, post=DESK, of="queue_view"),
    "decisions:queue-view-delete": Door(post=DESK, of="queue_view"),
    "decisions:case-detail": Door(get=READERS, of="case"),
    "decisions:case-take": Door(post=DESK, of="case"),
    "decisions:case-hand-back": Door(post=DESK, of="case"),
    "decisions:case-decide": Door(post=DESK, of="case"),
    "decisions:letter-preview": Door(post=DESK, of="case"),
    "decisions:case-history": Door(get=READERS, of="case"),
    "decisions:case-notes": Door(get=READERS, post=DESK, of="case"),
    "decisions:case-comparison": Door(get=READERS, of="case"),
    "decisions:case-what-if": Door(get=READERS, post=READERS, of="case"),
    "decisions:case-try-again": Door(post=DESK, of="case"),
    "decisions:contest-new": Door(get=DESK, post=DESK, of="case"),
    "decisions:contest-list": Door(get=READERS),
    "decisions:contest-detail": Door(get=READERS, of="contest"),
    "decisions:contest-take": Door(post={SENIOR}, of="contest"),
    "decisions:contest-hand-back": Door(post={SENIOR}, of="contest"),
    "decisions:contest-answer": Door(post={SENIOR}, of="contest"),
    "decisions:contest-letter-read": Door(get=READERS, of="contest letter"),
    "decisions:contest-letter-state": Door(get=READERS, of="contest letter"),
    "decisions:contest-letter-send": Door(post=DESK, of="contest letter"),
    "decisions:senior-desk": Door(get={SENIOR}),
    "decisions:review-list": Door(get={SENIOR}),
    "decisions:proposal-withdraw": Door(post=DESK, of="proposal"),
    "decisions:offer-reply": Door(post=DESK, of="offer"),
    "decisions:review-detail": Door(get={SENIOR}, post={SENIOR}, of="override"),
    "decisions:decision-list": Door(get=READERS),
    "decisions:override-statistics": Door(get={AUDITOR}),
    "decisions:question-list": Door(get={AUDITOR}),
    "decisions:question-new": Door(get={AUDITOR}, post={AUDITOR}),
    "decisions:question-share": Door(post={AUDITOR}, of="question"),
    "decisions:question-delete": Door(post={AUDITOR}, of="question"),
    "decisions:export-list": Door(get={AUDITOR}),
    "decisions:export-new": Door(get={AUDITOR}, post={AUDITOR}),
    "decisions:export-detail": Door(get={AUDITOR}, of="export"),
    "decisions:export-retry": Door(post={AUDITOR}, of="export"),
    "decisions:export-delete": Door(post={AUDITOR}, of="export"),
    "decisions:export-file": Door(post={AUDITOR}, of="export_file"),
    "decisions:decision-detail": Door(get=READERS, of="decision"),
    "decisions:letter-read": Door(get=READERS, of="letter"),
    "decisions:letter-state": Door(get=READERS, of="decision"),
    "decisions:letter-send": Door(post=DESK, of="letter"),
    "decisions:evidence-detail": Door(get=READERS, of="decision"),
    "decisions:evidence-download": Door(post=READERS, of="decision"),
    "decisions:decision-replay": Door(post=READERS, of="decision"),
    "scoring:batch-list": Door(get={RISK}),
    "scoring:batch-new": Door(get={RISK}, post={RISK}),
    "scoring:batch-detail": Door(get={RISK}, of="batch"),
    "scoring:batch-cancel": Door(post={RISK}, of="batch"),
    "scoring:batch-file": Door(get={RISK}, of="batch_file"),
    "monitoring:monitoring-overview": Door(get=WATCHERS),
    "monitoring:run-create": Door(post={RISK}),
    "monitoring:run-detail": Door(get=WATCHERS, of="run"),
    "monitoring:run-retry": Door(post={RISK}, of="run"),
    "monitoring:feature-detail": Door(get=WATCHERS, of="feature"),
    "monitoring:report-detail": Door(get=WATCHERS, of="run"),
    "monitoring:report-raw": Door(get=WATCHERS, of="run"),
    "monitoring:model-list": Door(get=WATCHERS),
    "monitoring:model-detail": Door(get=WATCHERS, of="model"),
    "monitoring:model-card": Door(get=WATCHERS, of="model"),
    "monitoring:model-card-markdown": Door(get=WATCHERS, of="model"),
}
# signing in and the second factor are allauth's own and tested there; they act on the person's own account only
OF_THE_ACCOUNT = ("account_", "mfa_")
# what belongs to a branch; the others are the same for all who may see them
OF_A_BRANCH = (
    *("case", "document", "applicant", "held", "override", "decision", "letter", "offer", "proposal"),
    *("contest", "contest letter"),
)
# made by a worker: the address is right, the thing is not there yet
NOT_MADE_HERE = (
    *("batch", "batch_file", "letter", "contest letter", "offer", "proposal"),
    *("question", "queue_view", "export_file", "delivery"),
    *("draft", "held", "erasure", "run", "feature", "model"),
)
