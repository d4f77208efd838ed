"""The PDF of a booking's tickets, made once by a worker and kept until something on it changes."""

from django.db import models
from django.db.models.functions import Now

from bookings.models.booking import Booking


class TicketFile(models.Model):
    """One per booking and language; `digest` says what it was made from."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=5)
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A booking has one file in a language.
            models.UniqueConstraint(fields=["booking", "language"], name="bookings_ticket_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id} {self.language}"
