from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from bookings.models import Booking, Payment, Refund, Ticket, TicketFile, TicketTransfer, WaitingEntry
from bookings.services.cancel_booking import cancel_booking
from bookings.services.erase_person import BookingsAhead, MoneyOnItsWay, erase_person
from bookings.services.expire_holds import expire_holds
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.rename_holder import rename_holder
from common.transactions import use_case
from events.models import Answer, Event, Question
from tests.bookings.test_claim_ticket import offer
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, settle, tickets_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def traveller(user: User | None = None) -> Booking:
    """Somebody with a name on a ticket, an answer, a ticket offered to a friend, and a printed file."""
    booking = confirm(user=user, seats=2)
    named, given = tickets_of(booking)
    with use_case():
        rename_holder(
            user_id=booking.user_id, booking_id=booking.id, ticket_id=named.id, name="Вера", now=timezone.now()
        )
    offer(booking, given, email="friend@example.com")
    kind = given.ticket_type
    question = Question.objects.create(event=booking.event, kind="text", prompt="Illnesses?")
    Answer.objects.create(
        question=question,
        event=booking.event,
        ticket_type=kind,
        user=booking.user,
        booking_id=booking.id,
        seat=1,
        prompt=question.prompt,
        value="Asthma",
        answered_at=timezone.now(),
    )
    TicketFile.objects.create(booking=booking, language="en", digest="x", content=b"%PDF Vera")
    return booking


def let_pass(booking: Booking) -> None:
    over = timezone.now() - timedelta(days=1)
    Event.objects.filter(id=booking.event_id).update(starts_at=over - timedelta(hours=2), ends_at=over)


def erase(user: User) -> None:
    with use_case():
        erase_person(user_id=user.id, email=user.email, now=timezone.now())


class TestErasePerson:
    def test_forgets_names_answers_addresses_and_files_and_keeps_what_was_paid(self) -> None:
        booking, other = traveller(), traveller()
        let_pass(booking)

        for _ in range(2):
            erase(booking.user)

        assert set(Ticket.objects.filter(booking=booking).values_list("holder_name", flat=True)) == {""}
        assert set(TicketTransfer.objects.filter(ticket__booking=booking).values_list("email", "status")) == {
            ("", "ended")
        }
        assert not TicketFile.objects.filter(booking=booking).exists()
        assert list(Answer.objects.values_list("user_id", flat=True)) == [other.user_id]
        assert Payment.objects.get(booking=booking).amount == booking.amount
        assert "Вера" in set(Ticket.objects.filter(booking=other).values_list("holder_name", flat=True))
        assert TicketTransfer.objects.get(ticket__booking=other).email == "friend@example.com"

    def test_forgets_the_address_that_others_have_written_down(self) -> None:
        friend = make_user(email="friend@example.com")
        giver = traveller()

        erase(friend)

        assert (TicketTransfer.objects.get().email, tickets_of(giver)[1].voided_at) == ("", None)

    def test_leaves_waiting_lists_with_what_was_said_there(self) -> None:
        kind, person = make_ticket_type(capacity=1), make_user()
        hold(ticket_type=kind)
        with use_case():
            join_waiting_list(user_id=person.id, event_id=kind.event_id, quantities={kind.id: 1}, now=timezone.now())
        WaitingEntry.objects.update(answers=[{"value": "Asthma"}])

        erase(person)

        entry = WaitingEntry.objects.get()
        assert (entry.status, entry.answers) == ("left", [])

    @pytest.mark.parametrize("make", [confirm, hold])
    def test_refuses_while_seats_are_still_to_come(self, make: Any) -> None:
        booking = make()

        with pytest.raises(BookingsAhead) as refusal:
            erase(booking.user)

        assert refusal.value.extra == {"bookings": [str(booking.id)]}

    @pytest.mark.parametrize("money", ["asked for", "promised back"])
    def test_refuses_while_money_is_on_its_way(self, money: str) -> None:
        """A payment that arrives later would sell seats to nobody, and a refund's receipt has an address."""
        now = timezone.now()
        if money == "asked for":
            booking = hold(now=now - HOLD)
            payment = make_payment(booking=booking)
            expire_holds(now=now)
            arrives = partial(settle, payment, "failed")
        else:
            booking = confirm()
            with use_case():
                cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=now)
            arrives = partial(Refund.objects.update, status="succeeded", settled_at=now)

        with pytest.raises(MoneyOnItsWay) as refusal:
            erase(booking.user)
        arrives()
        erase(booking.user)

        assert refusal.value.extra == {"bookings": [str(booking.id)]}
