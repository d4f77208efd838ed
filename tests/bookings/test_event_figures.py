"""What bookings tells of whole events."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from rest_framework.test import APIClient

from bookings.event_figures import FiguresOfBookings
from bookings.models import Booking, EventCancellation, Refund
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.promise_refund import promise_refund
from common.money import Money
from common.transactions import use_case
from events.models import Event
from events.ports import CancellationProgress, NoBookings, Stakes, bookings
from tests.bookings.test_claim_ticket import claim, offer, pay_for_other_seats
from tests.factories.accounts import bearer
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def hand_over(booking: Booking) -> Booking:
    return claim(offer(booking))


class TestStakes:
    @pytest.mark.parametrize("events", [1, 3])
    def test_add_up_over_the_events(self, events: int, django_assert_num_queries: Any) -> None:
        types = [make_ticket_type() for _ in range(events)]
        for ticket_type in types:
            confirm(ticket_type=ticket_type)
            confirm(ticket_type=ticket_type)
            hold(ticket_type=ticket_type)
        confirm(ticket_type=make_ticket_type())

        with django_assert_num_queries(2):
            stakes = FiguresOfBookings().stakes_of(event_ids=[one.event_id for one in types])

        assert stakes == Stakes(bookings=3 * events, refunds=(Money(Decimal(2000 * events), "RUB"),))

    def test_are_what_the_cancellation_then_promises(self) -> None:
        """Handed over, changed, paid on top, partly given back, given away: each to whoever has paid."""
        kind = make_ticket_type(capacity=50)
        dear = make_ticket_type(event=kind.event, price=Decimal(1700), capacity=50)
        event_id = kind.event_id
        confirm(ticket_type=kind, seats=2)
        handed_over, shared = confirm(ticket_type=kind), confirm(ticket_type=kind, seats=3)
        # The giver keeps nothing, or a part; one receiver has paid for a dearer seat since.
        receiver = hand_over(handed_over)
        hand_over(shared)
        pay_for_other_seats(receiver, {dear.id: 1})
        goodwill = confirm(ticket_type=kind, seats=2)
        with use_case():
            promise_refund(
                booking=goodwill, amount=Money(Decimal(300), "RUB"), reason="goodwill", actor_id=None, now=NOW
            )
        hold(ticket_type=kind)
        told = FiguresOfBookings().stakes_of(event_ids=[event_id])
        before = set(Refund.objects.values_list("id", flat=True))

        with use_case():
            order_event_cancellation(event_id=event_id, reason="A storm", now=NOW)
        cancel_event_bookings(event_id=event_id, clock=lambda: NOW + timedelta(hours=1))

        promised = Refund.objects.exclude(id__in=before).aggregate(all=Sum("amount"))["all"]
        assert told.refunds == (Money(promised, "RUB"),)
        assert promised == Decimal(2000 + 1700 + 3000 + 1700)

    def test_are_nothing_where_nobody_has_booked(self) -> None:
        assert FiguresOfBookings().stakes_of(event_ids=[make_event().id]) == Stakes()


class TestCancellation:
    def test_is_told_from_the_order_to_the_end(self) -> None:
        ticket_type = make_ticket_type()
        for _ in range(2):
            confirm(ticket_type=ticket_type)
        event_id = ticket_type.event_id

        before = FiguresOfBookings().cancellation_of(event_id=event_id)
        with use_case():
            order_event_cancellation(event_id=event_id, reason="A storm", now=NOW)
        ordered = FiguresOfBookings().cancellation_of(event_id=event_id)
        cancel_event_bookings(event_id=event_id, clock=lambda: NOW + timedelta(seconds=1))
        finished = FiguresOfBookings().cancellation_of(event_id=event_id)

        assert before is None
        assert ordered == CancellationProgress(total=2, ended=0, failed=0, finished_at=None)
        assert finished == CancellationProgress(total=2, ended=2, failed=0, finished_at=NOW + timedelta(seconds=1))

    def test_begins_with_the_events_own_cancellation_before_anything_is_ordered(self, api: APIClient) -> None:
        ticket_type = make_ticket_type()
        hold(ticket_type=ticket_type)
        confirm(ticket_type=ticket_type)
        Event.objects.filter(id=ticket_type.event_id).update(status="cancelled", status_reason="A storm")
        owner = ticket_type.event.organizer.members.get().user

        shown = api.get(f"/api/v1/events/{ticket_type.event_id}/cancellation/", **bearer(owner))

        assert shown.json() == {"total": 2, "ended": 0, "failed": 0, "finished_at": None}

    def test_is_shown_to_those_who_manage_the_event(self, api: APIClient) -> None:
        event = make_event()
        owner = event.organizer.members.get().user
        path = f"/api/v1/events/{event.id}/cancellation/"
        early = api.get(path, **bearer(owner))
        EventCancellation.objects.create(event=event, reason="A storm", total=5, next_attempt_at=NOW)

        shown = api.get(path, **bearer(owner))

        assert early.status_code == 404
        assert shown.json() == {"total": 5, "ended": 5, "failed": 0, "finished_at": None}
        assert api.get(path).status_code == 401


def test_stands_at_the_port_of_events() -> None:
    assert isinstance(bookings(), FiguresOfBookings)
    assert NoBookings().stakes_of(event_ids=[]) == Stakes()
