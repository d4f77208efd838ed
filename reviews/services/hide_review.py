"""A moderator takes a published review from the public for a reason; it leaves the ratings."""

from datetime import datetime
from uuid import UUID

from common.problems import Problem, StaleVersion
from common.transactions import requires_transaction
from reviews.models import Review
from reviews.selectors import get_review_for_moderator
from reviews.services.claim_review import AppealAgainstYou, OwnReview
from reviews.services.move_rating import take_from_rating
from reviews.services.reject_review import record_refusal


class ReviewNotPublished(Problem):
    """Only what is public can be hidden, answered, reported or found helpful; `review_status` says what it is."""

    code = "review_not_published"
    status = 409
    title = "This review is not published."


@requires_transaction
def hide_review(
    *,
    review_id: UUID,
    moderator_id: UUID,
    reason_code: str,
    reason_text: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> Review:
    """Hide a published review.

    Raises:
        NotFound, OwnReview, AppealAgainstYou, ReviewNotPublished
        StaleVersion: it was changed since the moderator read it.
    """
    public = Review.objects.published().decidable_by(moderator_id)
    if expected_version is not None:
        public = public.filter(version=expected_version)
    hidden = public.filter(pk=review_id).update(
        status=Review.Status.HIDDEN,
        decided_by_id=moderator_id,
        decided_at=now,
        reason_code=reason_code,
        reason_text=reason_text,
    )
    review = get_review_for_moderator(review_id=review_id)
    if not hidden:
        raise _why_not(review, moderator_id)
    record_refusal(review=review, before=Review.Status.PUBLISHED, now=now)
    take_from_rating(review=review)
    return review


def _why_not(review: Review, moderator_id: UUID) -> Problem:
    if review.author_id == moderator_id:
        return OwnReview()
    if review.appealed_against_id == moderator_id:
        return AppealAgainstYou()
    if review.status != Review.Status.PUBLISHED:
        return ReviewNotPublished(review_status=review.status)
    return StaleVersion()
