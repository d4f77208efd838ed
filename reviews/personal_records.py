"""What reviews keep about people: stands at the port of accounts (config/wiring.py)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F

from reviews.models import HelpfulVote, Review, ReviewReply, ReviewReport
from reviews.models.review import ASPECTS
from reviews.services.delete_review import delete_review

REVIEW = ("id", "event_id", "event__title", "rating", *ASPECTS, "text", "is_anonymous", "status", "created_at")


class RecordsOfReviews:
    """What somebody wrote and voted for."""

    name: ClassVar[str] = "reviews"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        reviews = Review.objects.filter(author_id=user_id).order_by("created_at", "id")
        replies = ReviewReply.objects.filter(written_by_id=user_id).order_by("created_at", "id")
        votes = HelpfulVote.objects.filter(voter_id=user_id).order_by("created_at", "id")
        reports = ReviewReport.objects.filter(reporter_id=user_id).order_by("created_at", "id")
        return {
            "reviews": list(reviews.values(*REVIEW, "reason_code", "reason_text", "appealed_at", "appeal_text")),
            "replies": list(replies.values("review_id", "organizer_id", "text", "created_at")),
            "votes": list(votes.values("review_id", "created_at")),
            "reports": list(reports.values("review_id", "reason_code", "text", "created_at")),
        }

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Take the person's reviews and votes back. Replies were an organizer's words, and stay with it."""
        voted = HelpfulVote.objects.filter(voter_id=user_id)
        Review.objects.filter(id__in=voted.values("review_id")).update(helpful_count=F("helpful_count") - 1)
        voted.delete()
        ReviewReport.objects.filter(reporter_id=user_id).exclude(text="").update(text="")
        # One after the other: each leaves the ratings of its event and of its organizer, which are locked last.
        for review_id in Review.objects.filter(author_id=user_id).order_by("id").values_list("id", flat=True):
            delete_review(review_id=review_id, author_id=user_id)
