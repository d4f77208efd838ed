"""What a review said before its author changed it."""

from django.db import models

from common.ids import new_id


class ReviewRevision(models.Model):
    """A replaced version, kept for moderators; goes with its review."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    review = models.ForeignKey("reviews.Review", on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    rating = models.PositiveSmallIntegerField()
    aspects = models.JSONField(default=dict)
    text = models.TextField()
    is_anonymous = models.BooleanField()
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A version is replaced once.
            models.UniqueConstraint(fields=["review", "version"], name="reviews_revision_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} v{self.version}"
