"""What the catalogue does when something enters or leaves it, and when reviews are told."""

import uuid
from decimal import Decimal

import msgspec

from bus.facts import ReceivedFact
from bus.subscriptions import handles
from events.catalogue_cache import forget_catalogue
from events.services.apply_rating import Stars, apply_rating, lend_rating


class ListedEvent(msgspec.Struct):
    event_id: uuid.UUID
    organizer_id: uuid.UUID


class ChangedRating(msgspec.Struct):
    event_id: uuid.UUID
    organizer_id: uuid.UUID
    count: int
    mean: Decimal | None
    score: Decimal
    organizer_mean: Decimal | None
    organizer_score: Decimal


@handles("events.event.published.v1", schema=ListedEvent)
def on_event_published(fact: ReceivedFact) -> None:
    lend_rating(organizer_id=fact.data.organizer_id)
    forget_catalogue()


@handles("events.event.finished.v1", schema=ListedEvent)
def on_event_finished(fact: ReceivedFact) -> None:
    forget_catalogue()


@handles("events.event.cancelled.v1", schema=ListedEvent)
def on_event_cancelled(fact: ReceivedFact) -> None:
    forget_catalogue()


@handles("events.event.suspended.v1", schema=ListedEvent)
def on_event_suspended(fact: ReceivedFact) -> None:
    forget_catalogue()


@handles("events.event.restored.v1", schema=ListedEvent)
def on_event_restored(fact: ReceivedFact) -> None:
    forget_catalogue()


@handles("events.event.rescheduled.v1", schema=ListedEvent)
def on_event_rescheduled(fact: ReceivedFact) -> None:
    forget_catalogue()


@handles("reviews.rating.changed.v1", schema=ChangedRating)
def on_rating_changed(fact: ReceivedFact) -> None:
    told = fact.data
    apply_rating(
        event_id=told.event_id,
        organizer_id=told.organizer_id,
        count=told.count,
        of_event=Stars(mean=told.mean, score=told.score),
        of_organizer=Stars(mean=told.organizer_mean, score=told.organizer_score),
        told_at=fact.occurred_at,
    )
