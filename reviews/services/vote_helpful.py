"""A reader finds a published review helpful, or takes that back; once each, never one's own."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from common.transactions import requires_transaction
from reviews.models import HelpfulVote, Review
from reviews.selectors import get_review
from reviews.services.claim_review import OwnReview


@requires_transaction
def vote_helpful(*, review_id: UUID, voter_id: UUID, now: datetime) -> Review:
    """Give one's vote; giving it again changes nothing.

    Raises:
        NotFound: no published review.
        OwnReview
    """
    review = get_review(review_id=review_id)
    if review.author_id == voter_id:
        raise OwnReview
    _, is_new = HelpfulVote.objects.get_or_create(review_id=review_id, voter_id=voter_id, defaults={"created_at": now})
    if is_new:
        Review.objects.filter(pk=review_id).update(helpful_count=F("helpful_count") + 1)
    return _counted(review)


@requires_transaction
def withdraw_vote(*, review_id: UUID, voter_id: UUID) -> Review:
    """Take one's vote back; without a vote nothing changes.

    Raises:
        NotFound: no published review.
    """
    review = get_review(review_id=review_id)
    deleted, _ = HelpfulVote.objects.filter(review_id=review_id, voter_id=voter_id).delete()
    if deleted:
        Review.objects.filter(pk=review_id).update(helpful_count=F("helpful_count") - 1)
    return _counted(review)


def _counted(review: Review) -> Review:
    review.refresh_from_db(fields=["helpful_count"])
    return review
