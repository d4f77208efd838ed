"""Warn organizers whose crew isn't complete three days before the start."""

from datetime import datetime, timedelta

from bus.facts import Fact
from bus.services.record_fact import record_facts
from common.transactions import requires_transaction
from events.domain_events import CrewUnfilled, RoleAsked, fact_about
from events.models import CrewNeed, Event
from events.selectors.crew import list_roles_of, list_unwarned_needs
from events.selectors.members import list_managers_of

AHEAD = timedelta(hours=72)


@requires_transaction
def warn_unfilled_crew(*, now: datetime) -> int:
    """State it once per event and start; return how many events lack somebody."""
    needs = list(list_unwarned_needs(now=now, ahead=AHEAD).locked())
    events = Event.objects.in_bulk({need.event_id for need in needs})
    roles = list_roles_of(event_ids=events)
    members = list_managers_of(organizer_ids={event.organizer_id for event in events.values()})
    facts: list[Fact] = []
    for event in events.values():
        missing = [RoleAsked(role=one.role, missing=one.missing) for one in roles.get(event.id, []) if one.missing]
        if missing:
            facts.append(fact_about(CrewUnfilled, event, roles=missing, member_ids=members[event.organizer_id]))
    record_facts(facts)
    for need in needs:
        need.warned_for = events[need.event_id].starts_at
    CrewNeed.objects.bulk_update(needs, ["warned_for"])
    return len(facts)
