"""What readers say about a review."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class HelpfulVote(models.Model):
    """A reader found the review helpful; `Review.helpful_count` counts these rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    review = models.ForeignKey("reviews.Review", on_delete=models.CASCADE, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A reader has one vote on a review.
            models.UniqueConstraint(fields=["review", "voter"], name="reviews_vote_one_per_reader"),
        ]

    def __str__(self) -> str:
        return f"{self.voter_id} on {self.review_id}"


class ReviewReportQuerySet(models.QuerySet["ReviewReport"]):
    def waiting(self) -> "ReviewReportQuerySet":
        return self.filter(dismissed_at__isnull=True)


class ReviewReport(models.Model):
    """A reader asks moderators to look at the review; `Review.report_count` counts those that wait."""

    class Reason(models.TextChoices):
        OFFENSIVE = "offensive", _("offensive language")
        ADVERTISING = "advertising", _("advertising or links")
        PERSONAL_DATA = "personal_data", _("somebody's personal data")
        OFF_TOPIC = "off_topic", _("not about the event")
        UNTRUE = "untrue", _("untrue")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    review = models.ForeignKey("reviews.Review", on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason_code = models.CharField(_("reason"), max_length=20, choices=Reason)
    text = models.CharField(_("explanation"), max_length=1000, blank=True)
    created_at = models.DateTimeField()
    # A moderator has looked, and let the review stand.
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReviewReportQuerySet.as_manager()

    class Meta:
        constraints = [
            # A reader reports a review once.
            models.UniqueConstraint(fields=["review", "reporter"], name="reviews_report_one_per_reader"),
            # A report is dismissed by somebody, at some time.
            models.CheckConstraint(
                condition=models.Q(dismissed_at__isnull=True, dismissed_by__isnull=True)
                | models.Q(dismissed_at__isnull=False, dismissed_by__isnull=False),
                name="reviews_report_dismissed_by_somebody",
            ),
        ]
        indexes = [
            # count_reports_since
            models.Index(fields=["reporter", "created_at"], name="reviews_report_by_reader"),
        ]

    def __str__(self) -> str:
        return f"{self.reporter_id} on {self.review_id}: {self.reason_code}"
