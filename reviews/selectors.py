"""Reads of reviews, each scoped to who asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from bookings.selectors import attended_event
from common.problems import NotFound
from events.models import Event
from reviews.models import HelpfulVote, ModerationDecision, Rating, Review, ReviewReply, ReviewReport
from reviews.models.rating import STARS
from reviews.models.review import ASPECTS, WRITE_WINDOW

# Each ends in the id, so that pages neither repeat nor skip.
ORDERS = {
    "newest": ("-published_at", "-id"),
    "helpful": ("-helpful_count", "-id"),
    "highest": ("-rating", "-id"),
    "lowest": ("rating", "-id"),
}
RECENTLY = timedelta(minutes=10)


def get_reviewed_event(*, event_id: UUID) -> Event:
    """Return an event whose reviews everybody may read.

    Raises:
        NotFound: absent, or not for the public.
    """
    event = Event.objects.readable_by_guests().select_related("organizer").filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


def list_published_reviews(*, event_id: UUID, reader: Any = None) -> QuerySet[Review]:
    """Return what everybody may read about an event; the order is the caller's."""
    return with_reading(Review.objects.published().filter(event_id=event_id), reader)


def get_review(*, review_id: UUID, reader: Any = None) -> Review:
    """Return a published review of a public event to everybody, any to its author.

    Raises:
        NotFound: absent, or not for this reader.
    """
    public = Q(status=Review.Status.PUBLISHED, event__in=Event.objects.readable_by_guests())
    mine = Q(author_id=reader.pk) if reader is not None and reader.is_authenticated else Q(pk__in=[])
    review = with_reading(Review.objects.filter(public | mine), reader).filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return review


def get_own_review(*, review_id: UUID, author_id: UUID) -> Review:
    """Return a review to its author.

    Raises:
        NotFound: absent, or somebody else's.
    """
    review = with_reading(Review.objects.filter(author_id=author_id), None).filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return review


def find_own_review(*, event_id: UUID, author_id: UUID) -> Review | None:
    """Return the author's review of an event, if there is one."""
    return Review.objects.select_related("event").filter(event_id=event_id, author_id=author_id).first()


def may_review(*, event: Event, user_id: UUID, now: datetime) -> bool:
    """Tell whether the form is worth offering; write_review decides."""
    in_time = event.ends_at <= now < event.ends_at + WRITE_WINDOW
    return in_time and attended_event(user_id=user_id, event_id=event.pk)


def speaks_for_organizer(*, event: Event, user_id: UUID) -> bool:
    """Tell whether the user may answer in the name of the event's organizer."""
    return event.organizer.members.filter(user_id=user_id, role__in=["owner", "manager"]).exists()


def list_reviews_of_author(*, author_id: UUID) -> QuerySet[Review]:
    """Return a person's own reviews, whatever became of them."""
    return with_reading(Review.objects.filter(author_id=author_id), None)


def with_reading(reviews: QuerySet[Review], reader: Any) -> QuerySet[Review]:
    """Add what a page about reviews shows: author, reply, and the reader's own vote and report."""
    replies = Prefetch("replies", queryset=ReviewReply.objects.select_related("organizer"))
    reviews = reviews.select_related("author", "event__organizer").prefetch_related(replies)
    if reader is None or not reader.is_authenticated:
        return reviews.annotate(has_my_vote=Value(value=False), has_my_report=Value(value=False))
    return reviews.annotate(
        has_my_vote=Exists(HelpfulVote.objects.filter(review=OuterRef("pk"), voter_id=reader.pk)),
        has_my_report=Exists(ReviewReport.objects.filter(review=OuterRef("pk"), reporter_id=reader.pk)),
    )


def list_moderation_queue() -> QuerySet[Review]:
    """Return all reviews for moderators; the queue itself is its pending part, oldest submission first."""
    return Review.objects.select_related("author", "event__organizer", "claimed_by", "decided_by").prefetch_related(
        "revisions"
    )


def get_review_for_moderator(*, review_id: UUID) -> Review:
    """Return any review.

    Raises:
        NotFound: absent.
    """
    review = list_moderation_queue().filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return review


def list_decisions_about(*, author_id: UUID) -> QuerySet[ModerationDecision]:
    """Return what was decided about an author's reviews, newest first, deleted ones included."""
    return ModerationDecision.objects.filter(author_id=author_id).order_by("-decided_at", "-id")


@dataclass(frozen=True)
class Surroundings:
    """What the automatic checks ask the database."""

    is_duplicate: bool
    was_refused: bool
    written_lately: int


def find_surroundings(*, author_id: UUID, event_id: UUID, digest: str, now: datetime) -> Surroundings:
    """Tell whether another review says the same, what became of this one, and how many the author has handed in just now.

    Decisions outlive their review: whoever deletes a refused one and writes it again has been refused before.
    """
    refusals = ModerationDecision.objects.refusals().filter(author_id=author_id, event_id=event_id)
    others = Review.objects.exclude(author_id=author_id, event_id=event_id)
    return Surroundings(
        is_duplicate=others.filter(text_digest=digest).exists(),
        was_refused=refusals.exists(),
        written_lately=others.filter(author_id=author_id, submitted_at__gt=now - RECENTLY).count(),
    )


def get_author(*, author_id: UUID) -> User:
    """Return the account that writes."""
    return User.objects.get(pk=author_id)


def count_reports_since(*, reporter_id: UUID, since: datetime) -> int:
    """Return how many reviews a reader has reported."""
    return ReviewReport.objects.filter(reporter_id=reporter_id, created_at__gt=since).count()


def get_event_rating(*, event_id: UUID) -> Rating:
    """Return an event's rating; an empty one before the first review."""
    return Rating.objects.filter(event_id=event_id).first() or Rating.empty(event_id=event_id)


def get_organizer_rating(*, organizer_id: UUID) -> Rating:
    """Return an organizer's rating; an empty one before the first review."""
    return Rating.objects.filter(organizer_id=organizer_id).first() or Rating.empty(organizer_id=organizer_id)


def recount_reviews(*, event_id: UUID | None = None, organizer_id: UUID | None = None) -> dict[str, int]:
    """Return what the counters of a rating should be, from the published reviews."""
    scope = {"event_id": event_id} if event_id else {"event__organizer_id": organizer_id}
    sums: dict[str, Any] = {f"stars_{number}": Count("pk", filter=Q(rating=number)) for number in STARS}
    for name in ASPECTS:
        sums[f"{name}_count"] = Count(name)
        sums[f"{name}_sum"] = Coalesce(Sum(name), 0)
    return Review.objects.published().filter(**scope).aggregate(**sums)


def list_rated_event_ids() -> list[UUID]:
    """Return the events that have, or had, published reviews."""
    reviewed = Review.objects.published().values_list("event_id", flat=True)
    rated = Rating.objects.filter(event__isnull=False).values_list("event_id", flat=True)
    return sorted({*reviewed.distinct(), *rated})


def list_rated_organizer_ids() -> list[UUID]:
    """Return the organizers whose events have, or had, published reviews."""
    reviewed = Review.objects.published().values_list("event__organizer_id", flat=True)
    rated = Rating.objects.filter(organizer__isnull=False).values_list("organizer_id", flat=True)
    return sorted({*reviewed.distinct(), *rated})


@dataclass(frozen=True)
class QueueLength:
    """How much waits for moderators, and since when."""

    waiting: int
    reported: int
    oldest_at: datetime | None
    newest_at: datetime | None


def get_queue_length() -> QueueLength:
    """Return the state of the moderation queue."""
    pending = Q(status=Review.Status.PENDING)
    figures = Review.objects.aggregate(
        waiting=Count("pk", filter=pending),
        reported=Count("pk", filter=Q(status=Review.Status.PUBLISHED, report_count__gt=0)),
        oldest_at=Min("submitted_at", filter=pending),
        newest_at=Max("submitted_at", filter=pending),
    )
    return QueueLength(**figures)
