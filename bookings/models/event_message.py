"""What an organizer wrote to everybody who had booked."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id

MOST_A_DAY = 3


class EventMessage(models.Model):
    """Sent once, to those with a confirmed booking at that moment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="+")
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=150)
    text = models.TextField()
    recipients = models.PositiveIntegerField()
    sent_at = models.DateTimeField(db_default=Now())
    # Which one of its day (UTC) it is.
    sent_on = models.DateField()
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            # No two messages of a day are the same one of it.
            models.UniqueConstraint(fields=["event", "sent_on", "number"], name="bookings_event_message_one_by_one"),
            # An event has a few messages a day.
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=MOST_A_DAY), name="bookings_event_message_few_a_day"
            ),
            # A message says something.
            models.CheckConstraint(
                condition=~models.Q(subject="") & ~models.Q(text=""), name="bookings_event_message_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.subject
