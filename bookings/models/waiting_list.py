"""Who waits for seats of a sold-out event."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from bookings.models.booking import Booking
from common.ids import new_id


class WaitingStatus(models.TextChoices):
    WAITING = "waiting"
    # Seats are held for the person by `booking`.
    OFFERED = "offered"
    # Left by the person, or the event is over.
    LEFT = "left"
    # The offer ended: taken, or let go.
    DONE = "done"


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def waiting(self) -> "WaitingEntryQuerySet":
        return self.filter(status=WaitingStatus.WAITING)

    def in_order(self) -> "WaitingEntryQuerySet":
        """First come, first served."""
        return self.order_by("joined_at", "id")

    def told(self) -> "WaitingEntryQuerySet":
        return self.select_related("event__organizer", "booking").prefetch_related("items")


class WaitingEntry(models.Model):
    """A party that waits: all of its seats or none."""

    Status = WaitingStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=7, choices=WaitingStatus, default=WaitingStatus.WAITING)
    seats = models.PositiveSmallIntegerField()
    # What has opened hidden ticket types, and what was answered for the seats: both are for the offer.
    access_code = models.CharField(max_length=40, blank=True)
    answers = models.JSONField(default=list, blank=True)
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting entries"
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=WaitingStatus.values), name="bookings_waiting_entry_status_known"
            ),
            # A person waits once for an event.
            models.UniqueConstraint(
                fields=["event", "user"],
                condition=models.Q(status__in=["waiting", "offered"]),
                name="bookings_waiting_entry_one_per_user",
            ),
            # A party is of one to ten.
            models.CheckConstraint(
                condition=models.Q(seats__gte=1, seats__lte=10), name="bookings_waiting_entry_party_size"
            ),
            # An offer is a booking, with the time when it was made; who waits has none.
            models.CheckConstraint(
                condition=models.Q(booking__isnull=True, offered_at__isnull=True)
                | models.Q(booking__isnull=False, offered_at__isnull=False),
                name="bookings_waiting_entry_offer_paired",
            ),
            # Who has an offer, or had one, has a booking; who waits or left has none.
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "left"], booking__isnull=True)
                | models.Q(status__in=["offered", "done"], booking__isnull=False),
                name="bookings_waiting_entry_booking_known",
            ),
        ]
        indexes = [
            # offer_seats, get_position
            models.Index(
                fields=["event", "joined_at", "id"],
                condition=models.Q(status="waiting"),
                name="bookings_waiting_entry_queue",
            ),
            # end_offers
            models.Index(
                fields=["booking"], condition=models.Q(status="offered"), name="bookings_waiting_entry_offers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.status}"

    @property
    def quantities(self) -> dict[uuid.UUID, int]:
        """Wanted seats by ticket type."""
        return {item.ticket_type_id: item.quantity for item in self.items.all()}


class WaitingItem(models.Model):
    """Wanted seats of one type."""

    entry = models.ForeignKey(WaitingEntry, on_delete=models.CASCADE, related_name="items")
    ticket_type = models.ForeignKey("events.TicketType", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            # A ticket type stands in a wish once.
            models.UniqueConstraint(fields=["entry", "ticket_type"], name="bookings_waiting_item_type_once"),
            # A wish is for at least one seat.
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="bookings_waiting_item_has_seats"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_type_id} × {self.quantity}"
