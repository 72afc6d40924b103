from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Contrast, Role, Scope, TextSize
from common.actors import Actor
from common.http import validate_network
from common.ids import new_id


class Branch(models.Model):
    """Where officers work; an officer sees the applicants of the own branch only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name = _("branch")
        verbose_name_plural = _("branches")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.OFFICER)
    branch = models.ForeignKey(
        Branch, models.PROTECT, verbose_name=_("branch"), null=True, blank=True, related_name="users"
    )
    language = models.CharField(
        _("language"), max_length=2, choices=[("en", "English"), ("fr", "Français")], default="en"
    )

    contrast = models.CharField(_("contrast"), max_length=10, choices=Contrast, default=Contrast.NORMAL)
    text_size = models.CharField(_("text size"), max_length=10, choices=TextSize, default=TextSize.NORMAL)
    has_shortcuts = models.BooleanField(_("keys of one letter"), default=True)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(role__in=[Role.OFFICER, Role.SENIOR]) | models.Q(branch__isnull=False),
                name="officer_has_a_branch",
                violation_error_message=_("An officer belongs to a branch."),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def actor(self) -> Actor:
        return Actor(kind="user", id=self.id)


class ApiKey(models.Model):
    """A system's key: shown once, stored as a hash. With ``acts_for`` it acts in the name of that officer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), verbose_name=_("scopes"), default=list)
    branch = models.ForeignKey(Branch, models.PROTECT, verbose_name=_("branch"), related_name="api_keys")
    acts_for = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("acts for"), null=True, blank=True, related_name="api_keys"
    )
    networks = ArrayField(
        models.CharField(max_length=43, validators=[validate_network]),
        verbose_name=_("allowed addresses"),
        default=list,
        blank=True,
        help_text=_("Networks it may call from, such as 203.0.113.0/24; none: from anywhere."),
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), default=600, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, verbose_name=_("replaces"), null=True, editable=False, related_name="replaced_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def actor(self) -> Actor:
        return Actor(kind="api_key", id=self.id)

    @property
    def is_valid(self) -> bool:
        """Neither revoked nor expired, and the officer it acts for still works here."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        person_gone = self.acts_for is not None and not self.acts_for.is_active
        return self.revoked_at is None and not expired and not person_gone

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
