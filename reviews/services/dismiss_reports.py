"""A moderator has looked at what readers reported about a review, and lets it stand; new reports count anew."""

from datetime import datetime
from uuid import UUID

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from reviews.models import Review, ReviewReport
from reviews.selectors import get_review_for_moderator
from reviews.services.claim_review import OwnReview


class NothingReported(Problem):
    """No report of this review waits for a moderator."""

    code = "nothing_reported"
    status = 409
    title = "Nobody has reported this review since it was last looked at."


@requires_transaction
def dismiss_reports(*, review_id: UUID, moderator_id: UUID, now: datetime) -> Review:
    """Close all reports that wait; who has made them can't make them again.

    Raises:
        NotFound, OwnReview, NothingReported
    """
    # First the review: whoever is just reporting it counts after this, and isn't among what was looked at.
    reported = Review.objects.published().filter(report_count__gt=0).exclude(author_id=moderator_id)
    settled = reported.filter(pk=review_id).update(report_count=0)
    review = get_review_for_moderator(review_id=review_id)
    if not settled:
        raise OwnReview() if review.author_id == moderator_id else NothingReported()
    waiting = ReviewReport.objects.waiting().filter(review_id=review_id)
    closed = waiting.update(dismissed_at=now, dismissed_by_id=moderator_id)
    record_entry(
        actor_id=moderator_id,
        action="reviews.dismiss_reports",
        target_type="reviews.review",
        target_id=str(review_id),
        changes={"reports": [closed, 0]},
    )
    return review
