"""Let a review enter or leave the rating of its event and of the event's organizer.

The sums change by differences in the transaction that publishes or withdraws the review, so they are right whenever
anybody reads them. The rows are hot and locked until the commit: call this last, and always event before organizer.
"""

from typing import Any

from django.db.models import F

from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from reviews.domain_events import RatingChanged
from reviews.models import Rating, Review
from reviews.models.review import ASPECTS


@requires_transaction
def add_to_rating(*, review: Review) -> None:
    """Count a review that has just been published."""
    _move(review, +1)


@requires_transaction
def take_from_rating(*, review: Review) -> None:
    """Stop counting a review that is no longer published; `review` says what it said while it was."""
    _move(review, -1)


def _move(review: Review, direction: int) -> None:
    difference = _difference(review, direction)
    organizer_id = review.event.organizer_id
    of_event = _shift(difference, event_id=review.event_id)
    of_organizer = _shift(difference, organizer_id=organizer_id)
    record_fact(
        RatingChanged(
            event_id=review.event_id,
            organizer_id=organizer_id,
            count=of_event.count,
            mean=of_event.mean,
            score=of_event.score,
            organizer_count=of_organizer.count,
            organizer_mean=of_organizer.mean,
            organizer_score=of_organizer.score,
        )
    )


def _difference(review: Review, direction: int) -> dict[str, Any]:
    difference: dict[str, Any] = {f"stars_{review.rating}": F(f"stars_{review.rating}") + direction}
    for name in ASPECTS:
        stars = getattr(review, name)
        if stars is not None:
            difference[f"{name}_count"] = F(f"{name}_count") + direction
            difference[f"{name}_sum"] = F(f"{name}_sum") + direction * stars
    return difference


def _shift(difference: dict[str, Any], **subject: Any) -> Rating:
    """Move one row; read it back while it is still locked by the move."""
    if not Rating.objects.filter(**subject).update(**difference):
        Rating.objects.bulk_create([Rating(**subject)], ignore_conflicts=True)
        Rating.objects.filter(**subject).update(**difference)
    return Rating.objects.get(**subject)
