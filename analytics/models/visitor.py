"""Who has viewed an event today, without knowing who it is."""

from django.db import models


class DailySalt(models.Model):
    """A random key of one day; deleted afterwards, so that nobody can tell any more whose digests these were."""

    day = models.DateField()
    salt = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            # A day has one salt.
            models.UniqueConstraint(fields=["day"], name="analytics_daily_salt_once"),
        ]

    def __str__(self) -> str:
        return str(self.day)


class Visitor(models.Model):
    """A digest of address and browser under the day's salt: tells a first view from a second one."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    digest = models.BinaryField(max_length=16)

    class Meta:
        constraints = [
            # A visitor is counted once per event and day.
            models.UniqueConstraint(fields=["event", "day", "digest"], name="analytics_visitor_once_a_day"),
        ]
        indexes = [
            # retention
            models.Index(fields=["day"], name="analytics_visitor_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.day}"
