"""A person who attended an event reviews it: once, after its end, within ninety days.

The automatic checks look at the text first. What they find clean is published at once where the installation allows
it; everything else waits for a moderator.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bookings.selectors import attended_event
from common.problems import Problem
from common.transactions import requires_transaction, violations
from events.models import Event
from reviews.models import Review
from reviews.models.review import WRITE_WINDOW
from reviews.selectors import find_own_review, find_surroundings, get_author, get_reviewed_event
from reviews.services.check_text import Signs, Verdict, check_text, digest_of
from reviews.services.publish_review import publish_by_checks


class NotAttended(Problem):
    """Only who was there may review."""

    code = "not_attended"
    status = 403
    title = "Only people who attended the event can review it."


class EventNotOver(Problem):
    """There is nothing to review before the end."""

    code = "event_not_over"
    status = 409
    title = "The event is not over yet."


class ReviewWindowClosed(Problem):
    """Reviews are written while the event is remembered."""

    code = "review_window_closed"
    status = 409
    title = "The time to review this event is over."


class AlreadyReviewed(Problem):
    """One review per person and event; `review_id` names it."""

    code = "already_reviewed"
    status = 409
    title = "You have already reviewed this event."


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the author says; `aspects` holds only those that were rated."""

    rating: int
    text: str
    aspects: dict[str, int] = field(default_factory=dict)
    is_anonymous: bool = False


@requires_transaction
def write_review(*, author_id: UUID, event_id: UUID, draft: Draft, publish_clean: bool, now: datetime) -> Review:
    """Hand in a review.

    Args:
        publish_clean: whether what the automatic checks find clean is published without a moderator.

    Raises:
        NotFound, EventNotOver, ReviewWindowClosed, NotAttended, AlreadyReviewed
    """
    event = get_reviewed_event(event_id=event_id)
    demand_reviewable(event=event, author_id=author_id, now=now)
    verdict = judge(author_id=author_id, event_id=event_id, text=draft.text, now=now)
    with violations({"reviews_review_one_per_author_and_event": AlreadyReviewed}):
        review = Review.objects.create(
            event=event,
            author_id=author_id,
            rating=draft.rating,
            text=draft.text,
            text_digest=digest_of(draft.text),
            is_anonymous=draft.is_anonymous,
            check_reasons=list(verdict.reasons),
            check_score=verdict.score,
            submitted_at=now,
            created_at=now,
            **draft.aspects,
        )
    if publish_clean and verdict.is_clean:
        publish_by_checks(review_id=review.pk, version=review.version, now=now)
        review.refresh_from_db()
    return review


def demand_reviewable(*, event: Event, author_id: UUID, now: datetime) -> None:
    """Refuse unless this person may review this event now.

    Raises:
        EventNotOver, ReviewWindowClosed, NotAttended, AlreadyReviewed
    """
    if now < event.ends_at:
        raise EventNotOver(ends_at=event.ends_at)
    if now >= event.ends_at + WRITE_WINDOW:
        raise ReviewWindowClosed(closed_at=event.ends_at + WRITE_WINDOW)
    if not attended_event(user_id=author_id, event_id=event.pk):
        raise NotAttended
    written = find_own_review(event_id=event.pk, author_id=author_id)
    if written is not None:
        raise AlreadyReviewed(review_id=written.pk)


def judge(*, author_id: UUID, event_id: UUID, text: str, now: datetime) -> Verdict:
    """Return what the automatic checks say about a text by this author."""
    around = find_surroundings(author_id=author_id, event_id=event_id, digest=digest_of(text), now=now)
    age = now - get_author(author_id=author_id).created_at
    signs = Signs(
        is_duplicate=around.is_duplicate,
        was_refused=around.was_refused,
        account_age=age,
        written_lately=around.written_lately,
    )
    return check_text(text=text, signs=signs)
