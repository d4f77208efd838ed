"""A waiting review becomes readable by everybody and counts in the ratings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Coalesce

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from reviews.domain_events import ReviewPublished
from reviews.models import ModerationDecision, Review
from reviews.selectors import get_review_for_moderator
from reviews.services.claim_review import why_not
from reviews.services.move_rating import add_to_rating


@requires_transaction
def publish_review(*, review_id: UUID, moderator_id: UUID, now: datetime) -> Review:
    """Publish a review that the moderator holds.

    Raises:
        NotFound, OwnReview, AppealAgainstYou, ClaimedByAnother, ReviewNotClaimed, ReviewNotPending
    """
    held = Review.objects.pending().claimed_by_moderator(moderator_id, now).decidable_by(moderator_id)
    published = held.filter(pk=review_id).update(**_published(moderator_id, now))
    review = get_review_for_moderator(review_id=review_id)
    if not published:
        raise why_not(review=review, moderator_id=moderator_id, now=now)
    record_entry(
        actor_id=moderator_id,
        action="reviews.publish",
        target_type="reviews.review",
        target_id=str(review_id),
        changes={"status": [Review.Status.PENDING.value, Review.Status.PUBLISHED.value], "version": review.version},
    )
    _tell(review, now)
    return review


@requires_transaction
def publish_by_checks(*, review_id: UUID, version: int, now: datetime) -> None:
    """Publish a version that the automatic checks found clean."""
    published = Review.objects.pending().filter(pk=review_id, version=version).update(**_published(None, now))
    if published:
        _tell(get_review_for_moderator(review_id=review_id), now)


def _published(moderator_id: UUID | None, now: datetime) -> dict[str, Any]:
    return {
        "status": Review.Status.PUBLISHED,
        "decided_by_id": moderator_id,
        "decided_at": now,
        "published_at": Coalesce("published_at", Value(now)),
        "claimed_by": None,
        "claimed_at": None,
    }


def _tell(review: Review, now: datetime) -> None:
    """Keep the decision, state the fact, and count the review last: ratings are hot rows."""
    ModerationDecision.objects.create(
        review=review,
        event_id=review.event_id,
        author_id=review.author_id,
        version=review.version,
        outcome=ModerationDecision.Outcome.PUBLISHED,
        decided_by_id=review.decided_by_id,
        decided_at=now,
    )
    record_fact(
        ReviewPublished(
            review_id=review.pk,
            event_id=review.event_id,
            event_title=review.event.title,
            organizer_id=review.event.organizer_id,
            author_id=review.author_id,
            rating=review.rating,
            is_anonymous=review.is_anonymous,
            safety=review.safety,
        )
    )
    add_to_rating(review=review)
