"""An event's crew."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from common.problems import NotFound
from events.actors import Actor
from events.models import CrewAssignment, CrewNeed, Event
from events.models.crew import CrewNeedQuerySet
from events.models.lifecycle import LISTED
from events.selectors.events import get_readable_event, standing_of


@dataclass(frozen=True)
class Role:
    """A role of an event's crew."""

    role: str
    wanted: int
    assigned: int

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.assigned)


@dataclass(frozen=True)
class Crew:
    roles: list[Role]
    members: list[CrewAssignment]


def get_crew(*, actor: Actor, event_id: uuid.UUID) -> Crew:
    """Return the crew, to the organizer's members and administrators.

    Raises:
        NotFound: there is no such event, or it isn't theirs.
    """
    event = get_readable_event(actor=actor, event_id=event_id)
    if not standing_of(actor=actor, event=event).inside:
        raise NotFound
    members = list(CrewAssignment.objects.filter(event=event).order_by("role", "name", "id"))
    return Crew(roles=list_roles(event_id=event.id), members=members)


def list_roles(*, event_id: uuid.UUID) -> list[Role]:
    """Return the roles of one event."""
    return list_roles_of(event_ids=[event_id]).get(event_id, [])


def list_roles_of(*, event_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Role]]:
    """Return the roles of several events."""
    ids = list(event_ids)
    assigned = Counter(
        CrewAssignment.objects.filter(event_id__in=ids, status="assigned").values_list("event_id", "role")
    )
    found: dict[uuid.UUID, list[Role]] = {}
    for need in CrewNeed.objects.filter(event_id__in=ids).order_by("event_id", "id"):
        role = Role(need.role, need.wanted, assigned[need.event_id, need.role])
        found.setdefault(need.event_id, []).append(role)
    return found


def list_unwarned_needs(*, now: datetime, ahead: timedelta) -> CrewNeedQuerySet:
    """Return needs of events that start soon and whose organizer wasn't warned for this start."""
    soon = Event.objects.filter(status__in=LISTED, starts_at__gt=now, starts_at__lte=now + ahead)
    return CrewNeed.objects.filter(event__in=soon).filter(
        Q(warned_for__isnull=True) | ~Q(warned_for=F("event__starts_at"))
    )
