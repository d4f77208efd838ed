"""Other seats wanted for a confirmed booking, while their price is being paid."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from bookings.models.booking import Booking
from common.ids import new_id
from common.money import Money


class ChangeStatus(models.TextChoices):
    # Seats that come on top are held; the booking is as it was.
    HELD = "held"
    APPLIED = "applied"
    ENDED = "ended"


class BookingChangeQuerySet(models.QuerySet["BookingChange"]):
    def open(self) -> "BookingChangeQuerySet":
        return self.filter(status=ChangeStatus.HELD)

    def overdue(self, now: datetime) -> "BookingChangeQuerySet":
        return self.open().filter(hold_expires_at__lte=now)

    def told(self) -> "BookingChangeQuerySet":
        return self.prefetch_related("items")


class BookingChange(models.Model):
    """A change that costs more than what was paid; what costs less is done at once and needs no row."""

    Status = ChangeStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="changes")
    status = models.CharField(max_length=7, choices=ChangeStatus, default=ChangeStatus.HELD)
    # What is still to be paid for it.
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    # For the seats that it will have; written down with them.
    answers = models.JSONField(default=list, blank=True)
    hold_expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BookingChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=ChangeStatus.values), name="bookings_booking_change_status_known"
            ),
            # A booking is being changed once at a time.
            models.UniqueConstraint(
                fields=["booking"], condition=models.Q(status="held"), name="bookings_booking_change_one_open"
            ),
            # What costs nothing more is done at once.
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="bookings_booking_change_amount_positive"),
            # Ended, one way or the other, has a time, and nothing else has one.
            models.CheckConstraint(
                condition=models.Q(status="held", ended_at__isnull=True)
                | (~models.Q(status="held") & models.Q(ended_at__isnull=False)),
                name="bookings_booking_change_ended_at_paired",
            ),
        ]
        indexes = [
            # list_overdue_changes
            models.Index(
                fields=["hold_expires_at"], condition=models.Q(status="held"), name="bookings_booking_change_overdue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def added(self) -> dict[uuid.UUID, int]:
        """Seats that are held for it, by ticket type."""
        return {item.ticket_type_id: item.added for item in self.items.all() if item.added}

    @property
    def quantities(self) -> dict[uuid.UUID, int]:
        """Seats that the booking will have, by ticket type."""
        return {item.ticket_type_id: item.quantity for item in self.items.all()}


class BookingChangeItem(models.Model):
    """Seats of one type after the change, and how many of them come on top."""

    change = models.ForeignKey(BookingChange, on_delete=models.CASCADE, related_name="items")
    ticket_type = models.ForeignKey("events.TicketType", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    quantity = models.PositiveSmallIntegerField()
    added = models.PositiveSmallIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    discount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            # A ticket type stands on a change once.
            models.UniqueConstraint(fields=["change", "ticket_type"], name="bookings_change_item_type_once"),
            # What comes on top is a part of it.
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, added__lte=models.F("quantity")),
                name="bookings_change_item_added_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"
