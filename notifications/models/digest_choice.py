"""How often a recipient wants to hear of a category."""

from django.db import models

from notifications.models.choices import Category, DigestPeriod


class DigestChoice(models.Model):
    """One message an hour or a day instead of each by itself; without a row each comes at once."""

    recipient = models.ForeignKey("notifications.Recipient", on_delete=models.CASCADE, related_name="digests")
    category = models.CharField(max_length=20, choices=Category)
    period = models.CharField(max_length=10, choices=DigestPeriod)

    class Meta:
        constraints = [
            # One rhythm per category.
            models.UniqueConstraint(fields=["recipient", "category"], name="notifications_digest_choice_once"),
            # What one is waiting for is never put off.
            models.CheckConstraint(
                condition=~models.Q(category=Category.TRANSACTIONAL), name="notifications_digest_choice_may_wait"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.period}"
