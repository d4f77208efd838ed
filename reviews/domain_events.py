"""What happened to reviews and ratings."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from bus.facts import Fact, states


@dataclass(frozen=True, kw_only=True)
class ReviewFact(Fact):
    """What every fact about a review carries; `author_id` is for the author's notice, never for the public."""

    review_id: UUID
    event_id: UUID
    event_title: str
    organizer_id: UUID
    author_id: UUID
    rating: int


@states("reviews.review.published.v1", key="review_id")
@dataclass(frozen=True, kw_only=True)
class ReviewPublished(ReviewFact):
    """A review became readable by everybody; `safety` is the author's rating of it, if any."""

    is_anonymous: bool
    safety: int | None


@states("reviews.review.rejected.v1", key="review_id")
@dataclass(frozen=True, kw_only=True)
class ReviewRejected(ReviewFact):
    """A moderator refused a review, or took a published one from the public."""

    reason_code: str
    reason: str


@states("reviews.review.replied.v1", key="review_id")
@dataclass(frozen=True, kw_only=True)
class ReviewReplied(ReviewFact):
    """The organizer answered."""


@states("reviews.rating.changed.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class RatingChanged(Fact):
    """An event's published reviews changed; means are None without reviews."""

    event_id: UUID
    organizer_id: UUID
    count: int
    mean: Decimal | None
    score: Decimal
    organizer_count: int
    organizer_mean: Decimal | None
    organizer_score: Decimal
