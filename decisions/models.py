from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models import Application, CreditFile
from common.append_only import AppendOnlyModel
from decisions.audit.models import DecisionExport, SavedQuestion
from decisions.enums import (
    ContestOutcome,
    Direction,
    NoticeKind,
    OfferReply,
    Outcome,
    OverrideReason,
    Stage,
    Verdict,
)
from decisions.notes.models import CaseNote
from decisions.queue.models import QueueView
from scoring.enums import Recommendation
from scoring.models import Score

__all__ = [
    "CaseNote",
    "Contest",
    "ContestAnswer",
    "CounterOffer",
    "Decision",
    "DecisionExport",
    "Notice",
    "NoticeDelivery",
    "OfferAnswer",
    "Override",
    "QueueView",
    "Referral",
    "Review",
    "SavedQuestion",
]

_OFFER_WITH_OUTCOME = models.Q(outcome=Outcome.COUNTER_OFFER, offer__isnull=False) | (
    ~models.Q(outcome=Outcome.COUNTER_OFFER) & models.Q(offer__isnull=True)
)


class CounterOffer(AppendOnlyModel):
    """Other terms than asked for, with what the model and the policy of ``score`` said of them."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="offers")
    score = models.ForeignKey(Score, models.PROTECT, related_name="offers")
    terms = models.JSONField(help_text="What the officer offered, by column.")
    changes = models.JSONField(help_text="Every column of the request that is another under the offer.")
    raw_margin = models.FloatField()
    probability_of_default = models.FloatField()
    cutoff = models.FloatField()
    recommendation = models.CharField(max_length=10, choices=Recommendation)
    policy_findings = models.JSONField(default=list)
    valid_until = models.DateField(_("valid until"))

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("counter-offer")

    @property
    def is_over_cutoff(self) -> bool:
        return self.probability_of_default > self.cutoff

    def __str__(self) -> str:
        return f"{self.application_id} {self.valid_until}"


class Override(AppendOnlyModel):
    """A proposal to decide against the advice; it becomes a decision only when a second person confirms it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="overrides")
    score = models.ForeignKey(Score, models.PROTECT, related_name="overrides")
    outcome = models.CharField(_("proposed"), max_length=15, choices=Outcome)
    offer = models.OneToOneField(CounterOffer, models.PROTECT, null=True, related_name="override")
    direction = models.CharField(_("direction"), max_length=10, choices=Direction)
    reason = models.CharField(_("reason"), max_length=20, choices=OverrideReason)
    sent_reasons = models.JSONField(
        default=list, help_text="The model's reasons that a counter-offer over the cutoff would send."
    )
    note_encrypted = models.BinaryField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="overrides")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("override")
        constraints = [
            models.CheckConstraint(condition=_OFFER_WITH_OUTCOME, name="proposed_offer_has_its_terms"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.direction}"


class Review(AppendOnlyModel):
    """What became of an override: the second person's answer, or the withdrawal by the one who proposed it."""

    override = models.OneToOneField(Override, models.PROTECT, related_name="review")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    verdict = models.CharField(_("answer"), max_length=10, choices=Verdict)
    note_encrypted = models.BinaryField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("review")

    def __str__(self) -> str:
        return f"{self.override_id} {self.verdict}"


class Decision(AppendOnlyModel):
    """A final human decision on one score of one file version; one per application and stage."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.INITIAL)
    score = models.ForeignKey(Score, models.PROTECT, related_name="decisions")
    outcome = models.CharField(_("decision"), max_length=15, choices=Outcome)
    offer = models.OneToOneField(CounterOffer, models.PROTECT, null=True, related_name="decision")
    reasons = models.JSONField(
        default=list, help_text="As sent: reason code and the words in both languages at the time."
    )
    override = models.OneToOneField(Override, models.PROTECT, null=True, related_name="decision")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="confirmations")
    note_encrypted = models.BinaryField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["application", "stage"], name="one_decision_per_application_and_stage"),
            models.CheckConstraint(
                condition=models.Q(override__isnull=True, confirmed_by__isnull=True)
                | models.Q(override__isnull=False, confirmed_by__isnull=False),
                name="override_has_a_second_person",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("decided_by")),
                name="second_person_is_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=[Outcome.DECLINE, Outcome.COUNTER_OFFER]) | ~models.Q(reasons=[]),
                name="decline_has_reasons",
            ),
            models.CheckConstraint(condition=_OFFER_WITH_OUTCOME, name="decided_offer_has_its_terms"),
        ]
        indexes = [
            models.Index(fields=["-id"], name="decision_overridden", condition=models.Q(override__isnull=False)),
            models.Index(fields=["outcome", "-id"], name="decision_by_outcome"),
            GinIndex(fields=["reasons"], name="decision_by_reason", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"


class OfferAnswer(AppendOnlyModel):
    """What the applicant answered to a counter-offer, as an officer took it down."""

    offer = models.OneToOneField(CounterOffer, models.PROTECT, related_name="answer")
    reply = models.CharField(_("answer"), max_length=10, choices=OfferReply)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="offer_answers")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("answer to a counter-offer")

    def __str__(self) -> str:
        return f"{self.offer_id} {self.reply}"


class Referral(AppendOnlyModel):
    """An officer hands a case to a senior instead of deciding it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="referrals")
    score = models.ForeignKey(Score, models.PROTECT, related_name="referrals")
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="referrals")
    note_encrypted = models.BinaryField()

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("referral")

    def __str__(self) -> str:
        return f"{self.application_id}"


class FileAmendment(AppendOnlyModel):
    """A what-if that was kept: which columns of the file changed, after which score, and where the values come from."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="amendments")
    credit_file = models.OneToOneField(CreditFile, models.PROTECT, related_name="amendment")
    score = models.ForeignKey(Score, models.PROTECT, related_name="amendments", help_text="What had been on the page.")
    columns = models.JSONField(help_text="The names of the columns that changed, never their values.")
    note_encrypted = models.BinaryField()
    amended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="amendments")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("change of the file")
        verbose_name_plural = _("changes of the file")

    def __str__(self) -> str:
        return f"{self.application_id} {self.credit_file_id}"


class Contest(AppendOnlyModel):
    """The applicant does not agree with a decision; the note holds their own view, as it was received."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="contests")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="contest")
    received_on = models.DateField(_("received"))
    due_on = models.DateField(_("to be answered by"))
    note_encrypted = models.BinaryField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="contests_recorded")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("contest")
        verbose_name_plural = _("contests")

    def __str__(self) -> str:
        return f"{self.application_id} {self.received_on}"


class ContestAnswer(AppendOnlyModel):
    """What the second reviewer found; the note is the answer in the words that are sent to the applicant."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="contest_answers")
    contest = models.OneToOneField(Contest, models.PROTECT, related_name="answer")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="contest_answers")
    outcome = models.CharField(_("answer"), max_length=10, choices=ContestOutcome)
    note_encrypted = models.BinaryField()

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("answer to a contest")
        verbose_name_plural = _("answers to contests")

    def __str__(self) -> str:
        return f"{self.contest_id} {self.outcome}"


class Notice(AppendOnlyModel):
    """The letter about a decision or a contest, written once; its PDF is encrypted with the applicant's key."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="notices")
    decision = models.OneToOneField(Decision, models.PROTECT, null=True, related_name="notice")
    answer = models.OneToOneField(ContestAnswer, models.PROTECT, null=True, related_name="notice")
    kind = models.CharField(_("letter"), max_length=15, choices=NoticeKind)
    language = models.CharField(_("language"), max_length=2)
    reasons = models.JSONField(default=list, help_text="Equal to the decision's.")
    pdf_encrypted = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("letter")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decision__isnull=False, answer__isnull=True)
                | models.Q(decision__isnull=True, answer__isnull=False),
                name="notice_is_about_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"


class NoticeDelivery(AppendOnlyModel):
    """A letter left the house; the address is the applicant's and is not repeated here."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10)

    class Meta(AppendOnlyModel.Meta):
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="notice_sent_once_per_channel")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel}"
