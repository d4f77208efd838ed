"""Words that make seats of an event cheaper."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now, Upper

from common.ids import new_id


class PromoKind(models.TextChoices):
    PERCENT = "percent"
    # An amount off the whole booking, in the event's currency.
    FIXED = "fixed"


class PromoCode(models.Model):
    """A code of one event. `used` is moved by guarded statements only (services/take_promo_use.py)."""

    Kind = PromoKind

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="promo_codes")
    # Upper case: people type codes as they like.
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=7, choices=PromoKind)
    value = models.DecimalField(max_digits=12, decimal_places=2)
    # Empty: every type of the event.
    ticket_type_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    total_limit = models.PositiveIntegerField(null=True, blank=True)
    per_user_limit = models.PositiveIntegerField(null=True, blank=True)
    # Bookings that use it now: live ones and attended ones.
    used = models.PositiveIntegerField(default=0, db_default=0)
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A code means one thing at an event.
            models.UniqueConstraint(fields=["event", "code"], name="events_promo_code_unique"),
            # Codes are compared in upper case.
            models.CheckConstraint(
                condition=models.Q(code=Upper("code")) & ~models.Q(code=""),
                name="events_promo_code_upper_case",
            ),
            # A percentage is between nothing and everything; an amount is more than nothing.
            models.CheckConstraint(
                condition=models.Q(kind="percent", value__gt=0, value__lte=100) | models.Q(kind="fixed", value__gt=0),
                name="events_promo_code_value_sensible",
            ),
            # Never used more often than it may be.
            models.CheckConstraint(
                condition=models.Q(total_limit__isnull=True) | models.Q(used__lte=models.F("total_limit")),
                name="events_promo_code_within_limit",
            ),
            # It ends after it begins.
            models.CheckConstraint(
                condition=models.Q(opens_at__isnull=True)
                | models.Q(closes_at__isnull=True)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="events_promo_code_window_ordered",
            ),
        ]
        indexes = [
            # list_promo_codes
            models.Index(fields=["event", "-created_at", "-id"], name="events_promo_code_of_event"),
        ]

    def __str__(self) -> str:
        return self.code

    def applies_to(self, ticket_type_id: object) -> bool:
        return not self.ticket_type_ids or ticket_type_id in self.ticket_type_ids

    def has_closed(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at

    def has_opened(self, now: datetime) -> bool:
        return self.opens_at is None or now >= self.opens_at


class PromoCodeUse(models.Model):
    """How many live bookings of one person use a code."""

    promo_code = models.ForeignKey(PromoCode, on_delete=models.CASCADE, related_name="uses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # A person's uses of a code are counted in one row.
            models.UniqueConstraint(fields=["promo_code", "user"], name="events_promo_code_use_one_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.promo_code_id} {self.used}"
