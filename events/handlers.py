"""What events do when their own life moves on, when reviews are told, and when the crew service answers."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.subscriptions import Message, UnreadableMessage, consumes, handles
from events.catalogue_cache import forget_catalogue
from events.services.apply_crew_reply import CrewEventUnknown, CrewReply, CrewReplyAhead, apply_crew_reply
from events.services.apply_rating import Stars, apply_rating, lend_rating
from events.services.move_crew import release_crew


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


@handles("events.event.cancelled.v1", schema=ListedEvent)
def send_crew_home(fact: ReceivedFact) -> None:
    release_crew(event_id=fact.data.event_id)


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


class ReplySeen(msgspec.Struct):
    """A message of the crew service on the topic `crew.replies`, keyed by the event's id."""

    event_id: uuid.UUID
    person_id: uuid.UUID
    role: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    status: Literal["assigned", "declined", "withdrawn"]
    # By the crew service's clock.
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""


@consumes("crew.replies")
def consume_crew_replies(messages: Sequence[Message]) -> None:
    for message in messages:
        try:
            seen = msgspec.json.decode(message.value, type=ReplySeen)
            apply_crew_reply(reply=CrewReply(**msgspec.structs.asdict(seen)), now=timezone.now())
        except (msgspec.DecodeError, CrewEventUnknown, CrewReplyAhead) as error:
            raise UnreadableMessage(f"{type(error).__name__}: {error}") from error
