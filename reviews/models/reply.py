"""The organizer's answer to a review."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from common.ids import new_id

SHORTEST_REPLY = 2
LONGEST_REPLY = 3000


class ReviewReply(models.Model):
    """Written by a member in the organizer's name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    review = models.ForeignKey("reviews.Review", on_delete=models.CASCADE, related_name="replies")
    organizer = models.ForeignKey("accounts.Organizer", on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    # Empty while it says what it said at first.
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "review replies"
        constraints = [
            # A review is answered once.
            models.UniqueConstraint(fields=["review"], name="reviews_reply_one_per_review"),
            # An answer says something, and stays readable.
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("text"), SHORTEST_REPLY)
                & LessThanOrEqual(Length("text"), LONGEST_REPLY),
                name="reviews_reply_text_length",
            ),
            # Nothing is changed before it is said.
            models.CheckConstraint(
                condition=models.Q(edited_at__isnull=True) | models.Q(edited_at__gte=models.F("created_at")),
                name="reviews_reply_edited_after_written",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organizer_id} on {self.review_id}"
