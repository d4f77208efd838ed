"""A moderator takes a waiting review, so that no second one reads and decides it at the same time.

A claim lasts a quarter of an hour; claiming again prolongs one's own.
"""

from datetime import datetime
from uuid import UUID

from common.problems import Problem
from common.transactions import requires_transaction
from reviews.models import Review
from reviews.models.review import CLAIM_LASTS
from reviews.selectors import get_review_for_moderator


class ClaimedByAnother(Problem):
    """Another moderator is reading it; `claimed_until` says how long at most."""

    code = "claimed_by_another"
    status = 409
    title = "Another moderator is looking at this review."


class ReviewNotPending(Problem):
    """It is decided already; `review_status` says how."""

    code = "review_not_pending"
    status = 409
    title = "This review is not waiting for a decision."


class OwnReview(Problem):
    """Nobody decides about a review of one's own."""

    code = "own_review"
    status = 403
    title = "You cannot do this with your own review."


class AppealAgainstYou(Problem):
    """The author objects to this moderator's own refusal: somebody else decides."""

    code = "appeal_against_you"
    status = 403
    title = "Another moderator decides about an appeal against your decision."


class ReviewNotClaimed(Problem):
    """A decision is about words that its moderator has in hand: claim first, or again after the author's change."""

    code = "review_not_claimed"
    status = 409
    title = "Claim the review first; its text may have changed since you read it."


@requires_transaction
def claim_review(*, review_id: UUID, moderator_id: UUID, now: datetime) -> Review:
    """Hold a review for one moderator.

    Raises:
        NotFound, OwnReview, AppealAgainstYou, ClaimedByAnother, ReviewNotPending
    """
    free = Review.objects.pending().claimed_by_nobody_but(moderator_id, now).decidable_by(moderator_id)
    claimed = free.filter(pk=review_id).update(claimed_by_id=moderator_id, claimed_at=now)
    review = get_review_for_moderator(review_id=review_id)
    if not claimed:
        raise why_not(review=review, moderator_id=moderator_id, now=now)
    return review


def why_not(*, review: Review, moderator_id: UUID, now: datetime) -> Problem:
    """Name the reason why a conditional statement left a review alone."""
    if review.author_id == moderator_id:
        return OwnReview()
    if review.appealed_against_id == moderator_id:
        return AppealAgainstYou()
    if review.status != Review.Status.PENDING:
        return ReviewNotPending(review_status=review.status)
    held_until = review.claimed_at + CLAIM_LASTS if review.claimed_at else now
    if review.claimed_by_id != moderator_id and held_until > now:
        return ClaimedByAnother(claimed_until=held_until)
    return ReviewNotClaimed()
