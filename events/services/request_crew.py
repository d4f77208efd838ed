"""Ask the crew service for people."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import CrewRequested, RoleAsked, fact_about
from events.models import CrewAssignment, CrewNeed, Event
from events.selectors.crew import list_roles
from events.selectors.events import get_managed_event


class CrewNotNeeded(Problem):
    """The event is over or doesn't take place."""

    code = "crew_not_needed"
    status = 409
    title = "The event is over: it needs no crew any more."


OPEN = frozenset({Event.Status.DRAFT, Event.Status.PUBLISHED, Event.Status.RUNNING, Event.Status.SUSPENDED})


@requires_transaction
def request_crew(*, actor: Actor, event_id: uuid.UUID, roles: Mapping[str, int], now: datetime) -> None:
    """Replace what the event asks for; who has been assigned stays, and what is still missing is asked for.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        CrewNotNeeded: it is over or doesn't take place.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    if not is_open(event, now=now):
        raise CrewNotNeeded
    known = {need.role: need.wanted for need in CrewNeed.objects.filter(event=event).locked()}
    CrewNeed.objects.filter(event=event).exclude(role__in=roles).delete()
    CrewNeed.objects.bulk_create(
        [CrewNeed(event=event, role=role, wanted=wanted) for role, wanted in roles.items()],
        update_conflicts=True,
        unique_fields=["event", "role"],
        update_fields=["wanted"],
    )
    if known == dict(roles):
        return
    ask_for_missing(event=event)
    if actor.administers:
        record_entry(
            actor_id=actor.user_id,
            action="events.request_crew",
            target_type="events.event",
            target_id=str(event.id),
            changes={"roles": [known, dict(roles)]},
        )


def is_open(event: Event, *, now: datetime) -> bool:
    """Tell whether people may still be assigned."""
    return event.status in OPEN and event.ends_at > now


@requires_transaction
def ask_for_missing(*, event: Event) -> bool:
    """State what is missing; tell whether anything is."""
    missing = [RoleAsked(role=one.role, missing=one.missing) for one in list_roles(event_id=event.id) if one.missing]
    if missing:
        record_fact(fact_about(CrewRequested, event, roles=missing))
    return bool(missing)


def taken_seats(event: Event, role: str) -> int:
    """Return how many people of the role are assigned."""
    return CrewAssignment.objects.filter(event=event, role=role, status="assigned").count()
