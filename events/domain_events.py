"""Facts of an event's life."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from bus.facts import Fact, states
from events.models import Event


@dataclass(frozen=True, kw_only=True)
class EventFact(Fact):
    """What consumers need in order to speak to people about the event; never its closed details."""

    event_id: UUID
    title: str
    organizer_id: UUID
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    city: str
    venue: str
    reason: str = ""


@states("events.event.published.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventPublished(EventFact):
    """The event stands in the catalogue."""


@states("events.event.started.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventStarted(EventFact):
    """The hour of its start has come."""


@states("events.event.finished.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventFinished(EventFact):
    """It is over: attendance is settled, reviews may be written."""

    # False when an administrator had taken it down and nobody was let in.
    took_place: bool = True


@states("events.event.cancelled.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventCancelled(EventFact):
    """It won't take place; everyone gets their money back in full."""


@states("events.event.suspended.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventSuspended(EventFact):
    """An administrator has taken it down: holds end, tickets stay but are not admitted.

    `member_ids` are the organizer's people who should know, here and below.
    """

    member_ids: list[UUID]


@states("events.event.restored.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventRestored(EventFact):
    """An administrator has put it back."""

    member_ids: list[UUID]


@states("events.event.rescheduled.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class EventRescheduled(EventFact):
    """Its time or place has changed; whoever had booked before may leave without a loss for a while."""

    old_starts_at: datetime
    old_ends_at: datetime
    free_cancellation_until: datetime


@dataclass(frozen=True, kw_only=True)
class RoleAsked:
    """So many more people of a role."""

    role: str
    missing: int


@states("events.crew.requested.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class CrewRequested(EventFact):
    """The event asks the crew service for people: those who are missing now, whatever was asked before."""

    roles: list[RoleAsked]


@states("events.crew.released.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class CrewReleased(EventFact):
    """A person whom the crew service has assigned is not on the crew: overlap, not_wanted or closed."""

    person_id: UUID
    role: str


@states("events.crew.unfilled.v1", key="event_id")
@dataclass(frozen=True, kw_only=True)
class CrewUnfilled(EventFact):
    """The start is near and somebody is missing; `member_ids` are the organizer's people who should know."""

    roles: list[RoleAsked]
    member_ids: list[UUID]


AnyEventFact = TypeVar("AnyEventFact", bound=EventFact)


def fact_about(fact: type[AnyEventFact], event: Event, **more: object) -> AnyEventFact:
    """Fill a fact from the event's row."""
    return fact(
        event_id=event.id,
        title=event.title,
        organizer_id=event.organizer_id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        time_zone=event.time_zone,
        city=event.city,
        venue=event.venue,
        **more,  # type: ignore[arg-type]
    )
