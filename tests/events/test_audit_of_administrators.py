"""What administrators do with other people's events is written down, also where an organizer's own step isn't."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from common.money import Money
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.services.add_ticket_type import add_ticket_type
from events.services.duplicate_event import duplicate_event
from events.services.request_crew import request_crew
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

TICKET = {"name": "VIP", "price": Money(Decimal(9), "RUB"), "capacity": 5}
STEPS: dict[str, Callable[[Actor, Event, datetime], object]] = {
    "events.add_ticket_type": lambda actor, event, _now: add_ticket_type(
        actor=actor, event_id=event.id, fields=dict(TICKET)
    ),
    "events.duplicate": lambda actor, event, _now: duplicate_event(actor=actor, event_id=event.id),
    "events.request_crew": lambda actor, event, now: request_crew(
        actor=actor, event_id=event.id, roles={"captain": 1}, now=now
    ),
}


@pytest.mark.parametrize("action", STEPS)
def test_a_step_of_an_administrator_is_written_down(action: str) -> None:
    event, administrator = make_ticket_type().event, make_user(is_staff=True)

    with use_case():
        STEPS[action](Actor(administrator.id, administers=True), event, timezone.now())

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id) == (action, administrator.id)


@pytest.mark.parametrize("action", STEPS)
def test_an_organizers_own_is_not(action: str) -> None:
    event = make_ticket_type(event=make_event()).event

    with use_case():
        STEPS[action](Actor(event.organizer.members.get().user_id), event, timezone.now())

    assert not AuditEntry.objects.exists()
