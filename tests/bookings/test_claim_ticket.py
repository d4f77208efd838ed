import re
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AccountMail, User
from accounts.services.add_verified_users import add_verified_users
from bookings.models import Booking, BookingChange, Payment, Refund, Ticket, TicketTransfer
from bookings.services.cancel_booking import CancellationClosed, cancel_booking
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.change_booking import ChangeInProgress, change_booking
from bookings.services.check_in_ticket import TicketAlreadyUsed
from bookings.services.check_seats import check_seats
from bookings.services.claim_as_newcomer import SignInFirst, claim_as_newcomer
from bookings.services.claim_ticket import claim_ticket
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.offer_ticket import (
    CLAIM_WITHIN,
    DAY,
    MOST_A_DAY,
    ChangedSinceHandedOver,
    OfferedToGiver,
    TicketOnItsWay,
    TooManyOffers,
    offer_ticket,
)
from bookings.services.quote_seats import Wish
from bookings.services.withdraw_offer import withdraw_offer
from bus.models import OutboxRow
from common.problems import NotFound
from common.transactions import use_case
from events.models import EventAccess
from tests.bookings.points import PointsInMemory, purse
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_promo_code, make_ticket_type

__all__ = ["purse"]

pytestmark = pytest.mark.django_db


def offer(booking: Booking, ticket: Ticket | None = None, **fields: Any) -> str:
    """Offer a ticket and return the token that was mailed."""
    whole = {"email": "boris@example.com", "now": timezone.now(), "user_id": booking.user_id} | fields
    with use_case():
        offer_ticket(booking_id=booking.id, ticket_id=(ticket or tickets_of(booking)[0]).id, **whole)
    return token_of(AccountMail.objects.latest("created_at").text)


def token_of(text: str) -> str:
    found = re.search(r"/tickets/claim/([^/]+)/", text)
    assert found
    return found[1]


def claim(token: str, user: User | None = None, **fields: Any) -> Booking:
    fields.setdefault("now", timezone.now())
    with use_case():
        return claim_ticket(user_id=(user or make_user()).id, token=token, **fields)


def valid_ticket_of(booking: Booking) -> Ticket:
    return Ticket.objects.of_booking(booking.id).valid().order_by("id")[0]


def pay_for_other_seats(booking: Booking, quantities: dict[uuid.UUID, int]) -> None:
    with use_case():
        change_booking(
            user_id=booking.user_id,
            booking_id=booking.id,
            quantities=quantities,
            hold_for=HOLD,
            now=timezone.now(),
        )
    change = BookingChange.objects.get(booking=booking)
    settle(make_payment(booking=booking, change=change, amount=change.amount))


def drift() -> list[Any]:
    with use_case():
        return check_seats(now=timezone.now())


class TestOfferTicket:
    def test_mails_a_link_and_keeps_only_its_digest(self) -> None:
        booking = confirm()

        token = offer(booking)

        mail = AccountMail.objects.get()
        assert (mail.recipient, booking.event.title in mail.text) == ("boris@example.com", True)
        assert token.encode() not in bytes(TicketTransfer.objects.get().token_digest)
        assert not OutboxRow.objects.filter(payload__icontains=token).exists()

    def test_refuses_a_ticket_that_is_on_its_way(self) -> None:
        booking = confirm()
        offer(booking)

        with pytest.raises(TicketOnItsWay):
            offer(booking)

    def test_offers_again_what_nobody_claimed_in_time(self) -> None:
        booking = confirm()
        old = offer(booking, now=timezone.now() - CLAIM_WITHIN)

        new = offer(booking)

        with pytest.raises(NotFound):
            claim(old)
        assert claim(new).status == "confirmed"

    def test_mails_no_more_than_so_many_links_a_day_whatever_is_taken_back(self) -> None:
        person, now = make_user(), timezone.now()
        bookings = [confirm(user=person) for _ in range(2)]
        first = now - DAY + timedelta(hours=1)
        for number in range(MOST_A_DAY):
            booking = bookings[number % 2]
            offer(booking, now=now if number else first)
            with use_case():
                [ticket] = tickets_of(booking)
                withdraw_offer(user_id=person.id, booking_id=booking.id, ticket_id=ticket.id, now=now)

        with pytest.raises(TooManyOffers) as refusal:
            offer(bookings[0], now=now)

        assert (refusal.value.status, refusal.value.headers) == (429, {"Retry-After": "3601"})
        assert AccountMail.objects.count() == MOST_A_DAY
        offer(confirm(), now=now)
        offer(bookings[0], now=now + timedelta(hours=1, seconds=1))

    def test_refuses_a_used_ticket_a_foreign_one_and_a_late_one(self) -> None:
        booking = confirm()
        soon = confirm(ticket_type=make_ticket_type(event=make_event(starts_at=timezone.now() + timedelta(hours=5))))
        Ticket.objects.of_booking(booking.id).update(checked_in_at=timezone.now(), checked_in_by=booking.user)

        with pytest.raises(TicketAlreadyUsed):
            offer(booking)
        with pytest.raises(NotFound):
            offer(booking, tickets_of(soon)[0])
        with pytest.raises(CancellationClosed):
            offer(soon)

    def test_is_for_ones_own_booking(self) -> None:
        with pytest.raises(NotFound):
            offer(confirm(), user_id=make_user().id)


class TestClaimTicket:
    def test_gives_the_receiver_a_booking_of_their_own(self) -> None:
        kind, receiver = make_ticket_type(), make_user()
        booking = confirm(ticket_type=kind, seats=3)
        [old, *_] = tickets_of(booking)

        received = claim(offer(booking, old), receiver)

        booking = Booking.objects.told().get(id=booking.id)
        assert (received.user_id, received.status, received.seats, received.amount) == (
            receiver.id,
            "confirmed",
            1,
            Decimal(1000),
        )
        assert (booking.status, booking.seats, booking.amount) == ("confirmed", 2, Decimal(2000))
        assert (seats_of(kind), drift()) == ((0, 3), [])
        old.refresh_from_db()
        assert old.voided_at is not None
        assert tickets_of(received)[0].code != old.code
        assert EventAccess.objects.filter(user=receiver, event=booking.event).exists()

    def test_gives_each_their_own_money_back_when_the_receiver_has_paid_on_top(self) -> None:
        kind = make_ticket_type()
        dear = make_ticket_type(event=kind.event, price=Decimal(1400))
        giver = confirm(ticket_type=kind, seats=2)
        received = claim(offer(giver))
        pay_for_other_seats(received, {dear.id: 1})
        second = claim(offer(giver, valid_ticket_of(giver)))

        with use_case():
            cancel_booking(user_id=received.user_id, booking_id=received.id, now=timezone.now())

        refunds = Refund.objects.values_list("payment__booking_id", "amount")
        assert dict(refunds) == {received.id: Decimal(400), giver.id: Decimal(1000)}
        with use_case():
            cancel_booking(user_id=second.user_id, booking_id=second.id, now=timezone.now())
        assert all(one.refunded == one.amount for one in Payment.objects.all())

    def test_hands_nothing_on_that_two_people_have_paid_for(self) -> None:
        kind = make_ticket_type()
        dear = make_ticket_type(event=kind.event, price=Decimal(1400))
        received = claim(offer(confirm(ticket_type=kind)))
        pay_for_other_seats(received, {dear.id: 1})

        with pytest.raises(ChangedSinceHandedOver):
            offer(received, valid_ticket_of(received))

    def test_ends_the_givers_booking_with_the_last_ticket(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)

        received = claim(offer(booking))

        booking.refresh_from_db()
        assert (booking.status, booking.cancelled_by, received.amount) == ("cancelled", "transfer", Decimal(1000))
        assert (seats_of(kind), drift(), Refund.objects.count()) == ((0, 1), [], 0)
        assert not EventAccess.objects.filter(user=booking.user).exists()

    def test_says_that_the_receiver_has_paid_nothing(self) -> None:
        received = claim(offer(confirm()))

        told = OutboxRow.objects.get(wire_type="bookings.booking.confirmed.v1", key=str(received.id)).payload
        assert '"amount":"0"' in str(told)

    @pytest.mark.parametrize("is_giver", [False, True])
    def test_refuses_a_receiver_with_a_booking_of_their_own(self, is_giver: bool) -> None:
        booking, other = confirm(seats=2), make_user()
        own = booking if is_giver else hold(user=other, ticket_type=booking.items.get().ticket_type)
        token = offer(booking)

        with pytest.raises(AlreadyBooked) as refusal:
            claim(token, own.user)

        assert refusal.value.extra["booking_id"] == str(own.id)
        assert TicketTransfer.objects.get().status == "offered"

    def test_waits_until_a_change_of_the_booking_is_paid_or_forgotten(self) -> None:
        booking = confirm(seats=2)
        [kind] = booking.quantities
        with use_case():
            change_booking(
                user_id=booking.user_id,
                booking_id=booking.id,
                quantities={kind: 3},
                hold_for=HOLD,
                now=timezone.now(),
            )

        with pytest.raises(ChangeInProgress):
            offer(booking)

    def test_happens_once(self) -> None:
        token = offer(confirm(seats=2))
        claim(token)

        with pytest.raises(NotFound):
            claim(token)

    @pytest.mark.parametrize("late", [CLAIM_WITHIN, CLAIM_WITHIN + timedelta(seconds=1)])
    def test_is_over_after_48_hours(self, late: timedelta) -> None:
        now = timezone.now()
        token = offer(confirm(), now=now)

        with pytest.raises(NotFound):
            claim(token, now=now + late)

    def test_is_over_when_the_giver_takes_the_ticket_back(self) -> None:
        booking = confirm()
        token = offer(booking)
        with use_case():
            withdraw_offer(
                user_id=booking.user_id,
                booking_id=booking.id,
                ticket_id=tickets_of(booking)[0].id,
                now=timezone.now(),
            )

        with pytest.raises(NotFound):
            claim(token)

    def test_is_over_when_the_booking_was_cancelled(self) -> None:
        booking = confirm()
        token = offer(booking)
        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        with pytest.raises(NotFound):
            claim(token)

    def test_shares_discount_and_points_to_the_kopeck(self, purse: PointsInMemory) -> None:
        kind = make_ticket_type(price=Decimal(1000))
        promo = make_promo_code(event=kind.event, code="TEN", value=Decimal(100), kind="fixed")
        booking = confirm(ticket_type=kind, seats=3, wish=Wish(promo_code="TEN", points=Decimal(100)))

        received = claim(offer(booking))

        left = Booking.objects.told().get(id=booking.id)
        for name in ("amount", "discount", "points", "points_worth"):
            assert getattr(received, name) + getattr(left, name) == getattr(booking, name)
        assert left.items.get().net.amount == left.amount + left.points_worth
        promo.refresh_from_db()
        assert promo.used == 1

    def test_sends_refunds_to_who_paid(self, purse: PointsInMemory) -> None:
        kind = make_ticket_type(price=Decimal(1000))
        booking = confirm(ticket_type=kind, seats=2, wish=Wish(points=Decimal(100)))
        received = claim(offer(booking))

        with use_case():
            cancel_booking(user_id=received.user_id, booking_id=received.id, now=timezone.now())

        assert Refund.objects.get().payment.booking_id == booking.id
        assert (Refund.objects.get().amount, purse.balance(booking.user_id)) == (Decimal(950), Decimal(450))
        assert (seats_of(kind), drift()) == ((0, 1), [])

    def test_gives_all_money_back_when_the_event_is_cancelled(self) -> None:
        booking = confirm(seats=3)
        claim(offer(booking))
        with use_case():
            order_event_cancellation(event_id=booking.event_id, reason="storm", now=timezone.now())

        cancel_event_bookings(event_id=booking.event_id, clock=timezone.now)

        assert sum(one.amount for one in Refund.objects.all()) == Decimal(3000)
        assert seats_of(booking.event) == (0, 0)


class TestOfferToGiver:
    @pytest.mark.parametrize("email", ["anna@example.com", "Anna@Example.COM"])
    def test_is_refused_and_mails_nothing(self, email: str) -> None:
        booking = confirm(user=make_user(email="anna@example.com"))
        mails = AccountMail.objects.count()

        with pytest.raises(OfferedToGiver):
            offer(booking, email=email)

        assert (TicketTransfer.objects.count(), AccountMail.objects.count()) == (0, mails)


class TestClaimAsNewcomer:
    def test_makes_a_verified_account_of_the_address(self) -> None:
        token = offer(confirm(), email="New@Example.com")

        with use_case():
            booking = claim_as_newcomer(token=token, now=timezone.now())

        user = User.objects.get(id=booking.user_id)
        assert (user.email, user.email_verified_at is not None, user.has_usable_password()) == (
            "new@example.com",
            True,
            False,
        )

    def test_takes_no_account_over(self) -> None:
        make_user(email="boris@example.com")
        token = offer(confirm(), email="Boris@example.com")

        with pytest.raises(SignInFirst), use_case():
            claim_as_newcomer(token=token, now=timezone.now())

    def test_makes_one_account_when_the_link_is_opened_twice_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        token = offer(confirm(), email="boris@example.com")

        def add_later(*, users: list[User], now: datetime) -> None:
            make_user(email="boris@example.com")
            add_verified_users(users=users, now=now)

        monkeypatch.setattr("bookings.services.claim_as_newcomer.add_verified_users", add_later)

        with pytest.raises(SignInFirst), use_case():
            claim_as_newcomer(token=token, now=timezone.now())

    def test_knows_no_made_up_link(self) -> None:
        with pytest.raises(NotFound), use_case():
            claim_as_newcomer(token=str(uuid.uuid4()), now=timezone.now())
