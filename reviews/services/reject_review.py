"""A moderator refuses a waiting review for a reason; the author is told and may change it."""

from datetime import datetime
from uuid import UUID

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from reviews.domain_events import ReviewRejected
from reviews.models import ModerationDecision, Review
from reviews.selectors import get_review_for_moderator
from reviews.services.claim_review import why_not


@requires_transaction
def reject_review(
    *, review_id: UUID, moderator_id: UUID, reason_code: str, reason_text: str = "", now: datetime
) -> Review:
    """Reject a review that the moderator holds.

    Raises:
        NotFound, OwnReview, AppealAgainstYou, ClaimedByAnother, ReviewNotClaimed, ReviewNotPending
    """
    held = Review.objects.pending().claimed_by_moderator(moderator_id, now).decidable_by(moderator_id)
    rejected = held.filter(pk=review_id).update(
        status=Review.Status.REJECTED,
        decided_by_id=moderator_id,
        decided_at=now,
        reason_code=reason_code,
        reason_text=reason_text,
        claimed_by=None,
        claimed_at=None,
    )
    review = get_review_for_moderator(review_id=review_id)
    if not rejected:
        raise why_not(review=review, moderator_id=moderator_id, now=now)
    record_refusal(review=review, before=Review.Status.PENDING, now=now)
    return review


@requires_transaction
def record_refusal(*, review: Review, before: Review.Status, now: datetime) -> None:
    """Keep the decision, write it into the audit log, and let the author be told."""
    ModerationDecision.objects.create(
        review=review,
        event_id=review.event_id,
        author_id=review.author_id,
        version=review.version,
        outcome=review.status,
        reason_code=review.reason_code,
        reason_text=review.reason_text,
        decided_by_id=review.decided_by_id,
        decided_at=now,
    )
    record_entry(
        actor_id=review.decided_by_id,
        action="reviews.reject" if review.status == Review.Status.REJECTED else "reviews.hide",
        target_type="reviews.review",
        target_id=str(review.pk),
        changes={"status": [before.value, str(review.status)], "version": review.version},
        reason=": ".join(filter(None, [review.reason_code, review.reason_text])),
    )
    record_fact(
        ReviewRejected(
            review_id=review.pk,
            event_id=review.event_id,
            event_title=review.event.title,
            organizer_id=review.event.organizer_id,
            author_id=review.author_id,
            rating=review.rating,
            reason_code=review.reason_code,
            reason=review.reason_text,
        )
    )
