"""The work of counting those as attended who had a booking when an event ended."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now


class EventAttendanceQuerySet(models.QuerySet["EventAttendance"]):
    def due(self) -> "EventAttendanceQuerySet":
        return self.filter(finished_at__isnull=True)

    def locked(self) -> "EventAttendanceQuerySet":
        """Locks the rows in one order and passes over those that another worker has in hand."""
        return self.order_by("pk").select_for_update(skip_locked=True)

    def finish(self, now: datetime) -> int:
        return self.update(finished_at=now)


class EventAttendance(models.Model):
    """One per event that took place; the job takes it up again until no confirmed booking is left."""

    event = models.OneToOneField("events.Event", primary_key=True, on_delete=models.PROTECT, related_name="+")
    # What the bookings say: the moment does not depend on when the job gets to them.
    attended_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EventAttendanceQuerySet.as_manager()

    class Meta:
        indexes = [
            # list_due_attendances
            models.Index(
                fields=["created_at"],
                condition=models.Q(finished_at__isnull=True),
                name="bookings_event_attendance_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.event_id)
