"""The work of ending every booking of a cancelled event."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now


class EventCancellationQuerySet(models.QuerySet["EventCancellation"]):
    def due(self, now: datetime) -> "EventCancellationQuerySet":
        return self.filter(finished_at__isnull=True, next_attempt_at__lte=now)


class EventCancellation(models.Model):
    """One per event; the job takes it up again until no active booking is left."""

    event = models.OneToOneField("events.Event", primary_key=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    total = models.PositiveIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EventCancellationQuerySet.as_manager()

    class Meta:
        constraints = [
            # An event is called off for a reason.
            models.CheckConstraint(condition=~models.Q(reason=""), name="bookings_event_cancellation_reason_given"),
        ]
        indexes = [
            # list_due_event_cancellations
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(finished_at__isnull=True),
                name="bookings_event_cancellation_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.event_id)


class CancellationFailure(models.Model):
    """A booking that could not be ended with its event yet; goes when it is."""

    booking = models.OneToOneField("bookings.Booking", primary_key=True, on_delete=models.PROTECT, related_name="+")
    cancellation = models.ForeignKey(EventCancellation, on_delete=models.CASCADE, related_name="failures")
    error = models.CharField(max_length=500)
    failed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.booking_id)
