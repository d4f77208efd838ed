"""Whoever watches an event hears of every change of its seats, after the commit."""

import contextlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from common.transactions import use_case
from events.models import TicketType
from events.services.ring_availability import ring_availability
from events.services.take_seats import SeatsSoldOut, take_seats
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bells() -> Iterator[Any]:
    with contextlib.closing(redis.Redis.from_url(settings.REDIS_URL)) as client, client.pubsub() as subscription:
        subscription.psubscribe("wake:topic:*")
        assert subscription.get_message(timeout=5)["type"] == "psubscribe"
        yield subscription


def rung(bells: Any, ticket_type: TicketType) -> list[str]:
    """Return what was rung of an event before the end mark, which arrives after everything that was sent earlier.

    Tests that run at the same time ring for events of theirs.
    """
    end = f"wake:topic:end:{uuid4()}"
    with contextlib.closing(redis.Redis.from_url(settings.REDIS_URL)) as client:
        client.publish(end, b"")
    found: list[str] = []
    while not found or found[-1] != end:
        found.append(bells.get_message(timeout=5)["channel"].decode())
    return [bell for bell in found if str(ticket_type.event_id) in bell]


def take(ticket_type: TicketType, seats: int) -> None:
    with use_case():
        take_seats(event_id=ticket_type.event_id, quantities={ticket_type.id: seats})


class TestRingAvailability:
    def test_rings_after_the_commit(self, bells: Any) -> None:
        ticket_type = make_ticket_type()

        with use_case():
            ring_availability(event_id=ticket_type.event_id)
            before = rung(bells, ticket_type)

        assert before == []
        assert rung(bells, ticket_type) == [f"wake:topic:event:{ticket_type.event_id}:availability"]

    def test_seats_that_are_taken_ring(self, bells: Any) -> None:
        ticket_type = make_ticket_type()

        take(ticket_type, 1)

        assert rung(bells, ticket_type) == [f"wake:topic:event:{ticket_type.event_id}:availability"]

    def test_nothing_rings_when_nothing_was_taken(self, bells: Any) -> None:
        ticket_type = make_ticket_type(capacity=1)

        with pytest.raises(SeatsSoldOut):
            take(ticket_type, 2)

        assert rung(bells, ticket_type) == []
