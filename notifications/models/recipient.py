"""A person who may be notified."""

import uuid
from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id
from notifications.models.choices import Locale


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def known_as(self, user_id: uuid.UUID) -> "RecipientQuerySet":
        return self.filter(kind=Recipient.Kind.USER, external_id=user_id)

    def locked(self) -> "RecipientQuerySet":
        return self.order_by("pk").select_for_update()


class Recipient(models.Model):
    """Known by the id that other systems use for the person; everything else may still be missing.

    A customer is known by the id that the shop's project has given, a bare address by an id made from it.
    """

    class Kind(models.TextChoices):
        USER = "user"
        CUSTOMER = "customer"
        ADDRESS = "address"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.USER)
    external_id = models.UUIDField()
    # Of a customer: the shop's project, whose Telegram bot speaks to them.
    project_id = models.UUIDField(null=True, blank=True)
    # The account of the service that has told about this person, and alone may go on. Nobody has told about those who
    # have an account here: accounts know them. Protected, as whoever is nobody's may be claimed.
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    display_name = models.CharField(max_length=120, blank=True)
    locale = models.CharField(max_length=5, choices=Locale, default=Locale.RUSSIAN)
    time_zone = models.CharField(max_length=64, default="Europe/Moscow")
    birth_on = models.DateField(null=True, blank=True)
    genres = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    city = models.CharField(max_length=120, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    last_booked_at = models.DateTimeField(null=True, blank=True)
    loyalty_level = models.CharField(max_length=100, blank=True)
    marketing_consent_at = models.DateTimeField(null=True, blank=True)
    # When the person has said no; until they say yes themselves nobody else's word for them counts.
    marketing_refused_at = models.DateTimeField(null=True, blank=True)
    # Local hours of silence; may cross midnight. What isn't urgent waits for their end.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        constraints = [
            # A person is one recipient.
            models.UniqueConstraint(fields=["kind", "external_id"], name="notifications_recipient_once"),
            # Quiet hours have both ends, and differ.
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~models.Q(quiet_from=models.F("quiet_until"))
                ),
                name="notifications_recipient_quiet_hours_paired",
            ),
            # Who has refused offers has not consented to them.
            models.CheckConstraint(
                condition=models.Q(marketing_consent_at__isnull=True) | models.Q(marketing_refused_at__isnull=True),
                name="notifications_recipient_consent_or_refusal",
            ),
        ]
        indexes = [
            # list_members by genre
            GinIndex(fields=["genres"], name="notifications_recipient_genres"),
            # list_members by city
            models.Index(fields=["city"], condition=~models.Q(city=""), name="notifications_recipient_city"),
            # list_members by tag
            GinIndex(fields=["tags"], name="notifications_recipient_tags"),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.external_id)

    @property
    def may_sign_in(self) -> bool:
        """Whether an account here is theirs: customers, bare addresses and those of whom a service tells have none."""
        return self.kind == self.Kind.USER and self.told_by_id is None

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """The local hours of silence, from and until, or None."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return self.quiet_from, self.quiet_until
