"""An event that a user keeps in mind."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Favorite(models.Model):
    """One user, one event."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="favorites")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # An event is a favourite once.
            models.UniqueConstraint(fields=["user", "event"], name="events_favorite_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.event_id}"
