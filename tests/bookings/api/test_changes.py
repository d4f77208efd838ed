import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccountMail, User
from bookings.models import Booking, BookingChange, Payment, TicketTransfer, WaitingEntry
from bookings.services.expire_holds import expire_holds
from bookings.services.offer_seats import OFFER_FOR
from events.models import TicketType
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def seats(**quantities: Any) -> dict[str, Any]:
    return {"items": [{"ticket_type": kind, "quantity": number} for kind, number in quantities.items()]}


def wish(kind: TicketType, number: int = 1) -> dict[str, Any]:
    return seats(**{str(kind.id): number})


class TestChange:
    def test_quotes_and_does_the_same(self) -> None:
        kind = make_ticket_type(event=make_event(refund_policy={"bands": [{"hours_before": 24, "percent": 50}]}))
        booking = confirm(ticket_type=kind, seats=3)
        client, path = signed_in(booking.user), f"/api/v1/bookings/{booking.id}/change/"

        quote = client.post(f"{path}quote/", wish(kind, 1)).json()
        done = client.post(path, wish(kind, 1), headers=key())

        assert (quote["total"]["amount"], quote["refund"]["amount"], quote["to_pay"]["amount"]) == (
            "1000.00",
            "1000.00",
            "0.00",
        )
        assert (done.status_code, done.json()["seats"], done.json()["change"]) == (200, 1, None)
        assert done["ETag"] == f'"v{booking.version + 1}"'

    def test_is_paid_for_as_a_booking_is(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        client = signed_in(booking.user)

        told = client.post(f"/api/v1/bookings/{booking.id}/change/", wish(kind, 3), headers=key()).json()
        payment = client.post(f"/api/v1/bookings/{booking.id}/pay/", headers=key()).json()
        settle(Payment.objects.get(id=payment["id"]))

        assert (told["seats"], told["next_action"], told["change"]["to_pay"]["amount"]) == (1, "pay", "2000.00")
        assert payment["total"]["amount"] == "2000.00"
        assert client.get(f"/api/v1/bookings/{booking.id}/").json()["seats"] == 3

    def test_gives_the_same_answer_to_the_same_key(self) -> None:
        kind = make_ticket_type()
        booking, same = confirm(ticket_type=kind, seats=2), key()

        first, second = (
            signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/change/", wish(kind), headers=same)
            for _ in range(2)
        )

        assert (first.content, second["Idempotency-Replayed"]) == (second.content, "true")

    @pytest.mark.parametrize(
        ("number", "status", "code"),
        [(2, 409, "nothing_to_change"), (50, 409, "limit_per_booking"), (9, 409, "sold_out"), (0, 400, "invalid")],
    )
    def test_says_why_not(self, number: int, status: int, code: str) -> None:
        kind = make_ticket_type(capacity=5)
        booking = confirm(ticket_type=kind, seats=2)

        answer = signed_in(booking.user).post(
            f"/api/v1/bookings/{booking.id}/change/", wish(kind, number), headers=key()
        )

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert seats_of(kind) == (0, 2)

    def test_quotes_nothing_for_a_booking_that_cannot_be_changed(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        client, path = signed_in(booking.user), f"/api/v1/bookings/{booking.id}/change/"

        quote, done = client.post(f"{path}quote/", wish(kind, 2)), client.post(path, wish(kind, 2), headers=key())

        assert (quote.status_code, quote.json()["code"]) == (409, "invalid_transition")
        assert (quote.json()["allowed"], done.json()["allowed"]) == (["confirm", "expire", "cancel", "call_off"],) * 2

    def test_quotes_again_once_the_time_to_pay_for_the_last_change_is_over(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        client, path = signed_in(booking.user), f"/api/v1/bookings/{booking.id}/change/"
        client.post(path, wish(kind, 2), headers=key())

        during = client.post(f"{path}quote/", wish(kind, 3))
        BookingChange.objects.update(hold_expires_at=timezone.now())
        after = client.post(f"{path}quote/", wish(kind, 3))

        assert (during.json()["code"], after.status_code) == ("change_in_progress", 200)

    def test_refuses_a_stale_version_and_an_unknown_member(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        client, path = signed_in(booking.user), f"/api/v1/bookings/{booking.id}/change/"

        stale = client.post(path, wish(kind, 2), headers=key() | {"If-Match": '"v9"'})
        unknown = client.post(path, wish(kind, 2) | {"event": "x"}, headers=key())

        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
        assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/event")


class TestTransfer:
    def test_goes_by_mail_and_gives_the_receiver_a_booking(self) -> None:
        booking, receiver = confirm(seats=2), make_user()
        ticket = tickets_of(booking)[0]

        offered = signed_in(booking.user).post(
            f"/api/v1/bookings/{booking.id}/transfer/",
            {"ticket": str(ticket.id), "email": "boris@example.com"},
            headers=key(),
        )
        [token] = re.findall(r"/tickets/claim/([^/]+)/", AccountMail.objects.get().text)
        claimed = signed_in(receiver).post("/api/v1/bookings/claim/", {"token": token}, headers=key())

        assert (offered.status_code, offered.json()["email"]) == (201, "boris@example.com")
        assert token not in offered.content.decode()
        assert (claimed.status_code, claimed.json()["seats"], claimed.json()["status"]) == (201, 1, "confirmed")

    def test_may_be_taken_back(self) -> None:
        booking = confirm()
        ticket, client = tickets_of(booking)[0], signed_in(booking.user)
        body = {"ticket": str(ticket.id), "email": "boris@example.com"}
        client.post(f"/api/v1/bookings/{booking.id}/transfer/", body, headers=key())

        answers = [client.delete(f"/api/v1/bookings/{booking.id}/transfer/{ticket.id}/") for _ in range(2)]

        assert [one.status_code for one in answers] == [204, 404]
        assert TicketTransfer.objects.get().status == "ended"

    @pytest.mark.parametrize(
        ("change", "pointer"), [({"email": "nobody"}, "/email"), ({"ticket": "x"}, "/ticket"), ({"to": 1}, "/to")]
    )
    def test_points_at_bad_input(self, change: dict[str, Any], pointer: str) -> None:
        booking = confirm()
        body = {"ticket": str(tickets_of(booking)[0].id), "email": "boris@example.com"}

        answer = signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/transfer/", body | change, headers=key())

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)

    def test_knows_no_made_up_link(self) -> None:
        answer = signed_in(make_user()).post("/api/v1/bookings/claim/", {"token": "x"}, headers=key())

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestWaitlist:
    def test_shows_the_place_and_lets_go(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        confirm(ticket_type=kind)
        path = f"/api/v1/events/{kind.event_id}/waitlist/"
        client = signed_in(user)

        joined = client.post(path, wish(kind), headers=key())
        shown, left, gone = client.get(path), client.delete(path), client.get(path)

        assert (joined.status_code, shown.json()["position"], shown.json()["status"]) == (201, 1, "waiting")
        assert (joined.json()["booking"], joined.json()["booking_status"]) == (None, None)
        assert (left.status_code, gone.status_code) == (204, 404)

    def test_says_that_an_offer_has_run_out_and_lets_the_person_wait_again(self) -> None:
        kind, user = make_ticket_type(capacity=1), make_user()
        booking = confirm(ticket_type=kind)
        client, path = signed_in(user), f"/api/v1/events/{kind.event_id}/waitlist/"
        client.post(path, wish(kind), headers=key())
        signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/cancel/", headers=key())
        expire_holds(now=timezone.now() + OFFER_FOR + timedelta(seconds=1))

        ended, left = client.get(path), client.delete(path)
        hold(ticket_type=kind)
        again = client.post(path, wish(kind), headers=key())

        assert (ended.status_code, ended.json()["status"], ended.json()["position"]) == (200, "done", None)
        assert (ended.json()["booking_status"], left.status_code) == ("expired", 404)
        assert (again.status_code, client.get(path).json()["status"]) == (201, "waiting")

    def test_names_the_offered_booking_which_is_confirmed_without_a_payment_when_it_is_free(self) -> None:
        kind, user = make_ticket_type(capacity=1, price=Decimal(0)), make_user()
        booking = confirm(ticket_type=kind)
        client = signed_in(user)
        client.post(f"/api/v1/events/{kind.event_id}/waitlist/", wish(kind), headers=key())
        signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/cancel/", headers=key())

        offered = client.get(f"/api/v1/events/{kind.event_id}/waitlist/").json()
        shown = client.get(f"/api/v1/bookings/{offered['booking']}/").json()
        unpayable = client.post(f"/api/v1/bookings/{offered['booking']}/pay/", headers=key())
        taken = client.post(f"/api/v1/bookings/{offered['booking']}/confirm/", headers=key())

        assert (offered["status"], offered["position"], shown["next_action"]) == ("offered", None, "confirm")
        assert unpayable.json()["code"] == "not_payable"
        assert (taken.status_code, taken.json()["status"]) == (200, "confirmed")
        assert WaitingEntry.objects.get().status == "done"

    @pytest.mark.parametrize(
        ("number", "status", "code"),
        [(1, 409, "seats_available"), (11, 409, "limit_per_booking"), (6, 400, "invalid")],
    )
    def test_says_why_not(self, number: int, status: int, code: str) -> None:
        kind = make_ticket_type(capacity=5)
        hold(ticket_type=kind, seats=2)

        answer = signed_in(make_user()).post(
            f"/api/v1/events/{kind.event_id}/waitlist/", wish(kind, number), headers=key()
        )

        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["change/", "change/quote/", "confirm/", "transfer/"])
def test_lets_nobody_else_act(path: str) -> None:
    booking = confirm()
    body = {"transfer/": {"ticket": str(uuid.uuid4()), "email": "a@example.com"}, "confirm/": {}}.get(
        path, seats(**{str(kind): 2 for kind in booking.quantities})
    )

    answer = signed_in(make_user()).post(f"/api/v1/bookings/{booking.id}/{path}", body, headers=key())

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert Booking.objects.get().version == booking.version
