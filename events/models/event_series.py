"""Events that were made from one recurrence rule."""

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class EventSeries(models.Model):
    """The rule that its events were made by; each of them lives its own life from then on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organizer = models.ForeignKey("accounts.Organizer", on_delete=models.PROTECT, related_name="+")
    # RFC 5545, without DTSTART: that is the start of the first event, by the clock of its time zone.
    rule = models.CharField(max_length=300)
    time_zone = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "event series"
        constraints = [
            # A series repeats by some rule.
            models.CheckConstraint(condition=~models.Q(rule=""), name="events_event_series_rule_given"),
        ]

    def __str__(self) -> str:
        return self.rule
