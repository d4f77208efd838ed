"""Who decided what about a review, and why: outlives the review."""

from django.conf import settings
from django.db import models

from common.ids import new_id
from reviews.models.review import Review


class ModerationDecisionQuerySet(models.QuerySet["ModerationDecision"]):
    def refusals(self) -> "ModerationDecisionQuerySet":
        return self.exclude(outcome=ModerationDecision.Outcome.PUBLISHED)


class ModerationDecision(models.Model):
    """One decision, never changed; an empty `decided_by` means the automatic checks."""

    class Outcome(models.TextChoices):
        PUBLISHED = Review.Status.PUBLISHED.value, Review.Status.PUBLISHED.label
        REJECTED = Review.Status.REJECTED.value, Review.Status.REJECTED.label
        HIDDEN = Review.Status.HIDDEN.value, Review.Status.HIDDEN.label

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Empty after the author has deleted the review.
    review = models.ForeignKey("reviews.Review", null=True, on_delete=models.SET_NULL, related_name="decisions")
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason_code = models.CharField(max_length=20, choices=Review.Reason, blank=True)
    reason_text = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    objects = ModerationDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            # A version of a review is published, rejected or hidden once: the second moderator comes too late.
            models.UniqueConstraint(fields=["review", "version", "outcome"], name="reviews_decision_once_per_version"),
            # A refusal has a reason and somebody who answers for it.
            models.CheckConstraint(
                condition=models.Q(outcome="published") | models.Q(~models.Q(reason_code=""), decided_by__isnull=False),
                name="reviews_decision_refused_for_a_reason",
            ),
        ]
        indexes = [
            # list_decisions_about
            models.Index(fields=["author", "-decided_at"], name="reviews_decision_about"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.outcome}"
