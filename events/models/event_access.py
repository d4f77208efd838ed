"""Who may see where an event takes place: written by bookings through services/grant_access.py."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class EventAccess(models.Model):
    """A user with a live booking, as far as events needs to know."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    granted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "event access"
        constraints = [
            # Access is given once.
            models.UniqueConstraint(fields=["user", "event"], name="events_event_access_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.event_id}"
