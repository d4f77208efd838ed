"""Money in and money back. Provider calls stand between two transactions, so every row carries a lease."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models.functions import Now

from bookings.models.booking import Booking
from bookings.models.provider_account import ProviderAccount
from common.ids import new_id
from common.money import Money


class PaymentStatus(models.TextChoices):
    """`created → pending → succeeded | failed`; a success that is told late is believed after a failure too."""

    CREATED = "created"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


OPEN = (PaymentStatus.CREATED, PaymentStatus.PENDING)


class PaymentQuerySet(models.QuerySet["Payment"]):
    def open(self) -> "PaymentQuerySet":
        return self.filter(status__in=OPEN)

    def succeeded(self) -> "PaymentQuerySet":
        return self.filter(status=PaymentStatus.SUCCEEDED)

    def refundable(self) -> "PaymentQuerySet":
        return self.succeeded().filter(refunded__lt=models.F("amount"))


class Payment(models.Model):
    """An intent to pay for a booking: committed before the provider is asked, named by its id to the provider."""

    Status = PaymentStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="payments")
    # Pays for a change of a confirmed booking, not for the booking itself.
    change = models.ForeignKey(
        "bookings.BookingChange", null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    provider = models.CharField(max_length=20)
    # The organizer's own account; empty: the platform's, and the organizer's statement counts it.
    account = models.ForeignKey(ProviderAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider_payment_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=PaymentStatus, default=PaymentStatus.CREATED)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    # Promised back, whether or not the provider has done it yet: what remains can be refunded once.
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    confirmation_url = models.URLField(max_length=500, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    # When the provider is asked how it went, should its webhook not come.
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=PaymentStatus.values), name="bookings_payment_status_known"
            ),
            # A booking, or a change of it, is being paid once at a time.
            models.UniqueConstraint(
                fields=["booking", "change"],
                condition=models.Q(status__in=OPEN),
                nulls_distinct=False,
                name="bookings_payment_one_open",
            ),
            # A provider's payment is one payment of ours.
            models.UniqueConstraint(
                fields=["provider", "provider_payment_id"],
                condition=~models.Q(provider_payment_id=""),
                name="bookings_payment_provider_id_unique",
            ),
            # Nothing is paid with nothing.
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="bookings_payment_amount_positive"),
            # Never more back than was paid.
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0) & models.Q(refunded__lte=models.F("amount")),
                name="bookings_payment_refunded_within_amount",
            ),
            # Only money that came can go back.
            models.CheckConstraint(
                condition=models.Q(status="succeeded") | models.Q(refunded=0),
                name="bookings_payment_refunded_after_success",
            ),
            # Settled has a time, and nothing else has one.
            models.CheckConstraint(
                condition=(~models.Q(status__in=["succeeded", "failed"]) | models.Q(settled_at__isnull=False))
                & (~models.Q(status__in=["created", "pending"]) | models.Q(settled_at__isnull=True)),
                name="bookings_payment_settled_at_paired",
            ),
        ]
        indexes = [
            # list_unsettled_payments
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=["created", "pending"]),
                name="bookings_payment_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.money} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def remaining(self) -> Money:
        """What can still be refunded."""
        return Money(self.amount - self.refunded, self.currency)


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    # After the last attempt: waits for an administrator.
    FAILED = "failed"


class RefundReason(models.TextChoices):
    CANCELLED = "cancelled"
    EVENT_CANCELLED = "event_cancelled"
    LATE_PAYMENT = "late_payment"
    PAID_TWICE = "paid_twice"
    CHANGED = "changed"
    # An administrator's decision, the ticket stays valid.
    GOODWILL = "goodwill"
    # Given back in the provider's own pages, without asking here.
    AT_PROVIDER = "at_provider"


class RefundQuerySet(models.QuerySet["Refund"]):
    def due(self, now: datetime) -> "RefundQuerySet":
        free = models.Q(lease_expires_at__isnull=True) | models.Q(lease_expires_at__lte=now)
        return self.filter(free, status=RefundStatus.PENDING, next_attempt_at__lte=now)


class Refund(models.Model):
    """Money that is to go back: decided in one transaction, done by a job, named by its id to the provider."""

    Status = RefundStatus
    Reason = RefundReason

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=20, choices=RefundReason)
    status = models.CharField(max_length=10, choices=RefundStatus, default=RefundStatus.PENDING)
    provider_refund_id = models.CharField(max_length=100, blank=True)
    last_error = models.TextField(blank=True)
    # How often it went wrong since the provider last answered; and how often the provider said "not yet".
    attempts = models.PositiveSmallIntegerField(default=0)
    polls = models.PositiveSmallIntegerField(default=0)
    # How often the provider has said no: to the same key it would say it again.
    refusals = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=RefundStatus.values), name="bookings_refund_status_known"
            ),
            # Nothing is not refunded.
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="bookings_refund_amount_positive"),
            # Settled has a time, and nothing else has one.
            models.CheckConstraint(
                condition=models.Q(status="pending", settled_at__isnull=True)
                | (~models.Q(status="pending") & models.Q(settled_at__isnull=False)),
                name="bookings_refund_settled_at_paired",
            ),
        ]
        indexes = [
            # list_due_refunds
            models.Index(fields=["next_attempt_at"], condition=models.Q(status="pending"), name="bookings_refund_due"),
        ]

    def __str__(self) -> str:
        return f"{self.money} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def provider_key(self) -> str:
        """What names this refund to the provider; a new one after each refusal."""
        return f"{self.id}-{self.refusals}" if self.refusals else str(self.id)
