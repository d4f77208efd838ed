"""What people think of an organizer, as reviews last told."""

from django.db import models


class OrganizerRating(models.Model):
    """Lent to the organizer's events that nobody has reviewed yet; nothing is reviewed before it is over."""

    organizer = models.OneToOneField("accounts.Organizer", primary_key=True, on_delete=models.CASCADE, related_name="+")
    mean = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    score = models.DecimalField(max_digits=5, decimal_places=4)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Stars go from one to five.
            models.CheckConstraint(
                condition=models.Q(mean__isnull=True) | models.Q(mean__range=(1, 5)),
                name="events_organizer_rating_of_stars",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organizer_id} {self.mean}"
