"""Where the seat counters and the bookings disagree: empty, or something is broken."""

from django.db import models


class SeatDrift(models.Model):
    """A finding of the last check; `ticket_type` is empty for the event's own counters."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    ticket_type = models.ForeignKey("events.TicketType", null=True, on_delete=models.CASCADE, related_name="+")
    held_stored = models.IntegerField()
    held_counted = models.IntegerField()
    sold_stored = models.IntegerField()
    sold_counted = models.IntegerField()
    found_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event_id} {self.ticket_type_id or ''}"
