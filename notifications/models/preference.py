"""What a recipient wants to get, and how."""

from django.db import models

from notifications.models.choices import Category, Channel


class Preference(models.Model):
    """A choice that was made; without a row the category comes through the channel."""

    recipient = models.ForeignKey("notifications.Recipient", on_delete=models.CASCADE, related_name="preferences")
    category = models.CharField(max_length=20, choices=Category)
    channel = models.CharField(max_length=10, choices=Channel)
    is_enabled = models.BooleanField()

    class Meta:
        constraints = [
            # One choice per category and channel.
            models.UniqueConstraint(fields=["recipient", "category", "channel"], name="notifications_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.channel} {'on' if self.is_enabled else 'off'}"
