"""What opens the door: one per seat."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from bookings.models.booking import Booking
from bookings.models.ticket_code import signed
from common.ids import new_id


class TicketQuerySet(models.QuerySet["Ticket"]):
    def valid(self) -> "TicketQuerySet":
        return self.filter(voided_at__isnull=True)

    def on_their_way(self, now: datetime) -> "TicketQuerySet":
        """Offered to somebody who may still accept."""
        return self.filter(transfers__status="offered", transfers__expires_at__gt=now)

    def of_booking(self, booking_id: uuid.UUID) -> "TicketQuerySet":
        return self.filter(booking_id=booking_id)


class Ticket(models.Model):
    """A seat's ticket: its code is random, and its signature is made from the code (ticket_code.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="tickets")
    ticket_type = models.ForeignKey("events.TicketType", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    holder_name = models.CharField(max_length=120, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    checked_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    gate = models.CharField(max_length=60, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            # A code opens one seat.
            models.UniqueConstraint(fields=["code"], name="bookings_ticket_code_unique"),
            # Who checks in is known with the time; a gate is named only then.
            models.CheckConstraint(
                condition=models.Q(checked_in_at__isnull=False, checked_in_by__isnull=False)
                | models.Q(checked_in_at__isnull=True, checked_in_by__isnull=True, gate=""),
                name="bookings_ticket_check_in_paired",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def door_code(self) -> str:
        """What the QR code says."""
        return signed(self.code)
