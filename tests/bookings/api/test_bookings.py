import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import OrganizerMember, User
from bookings.models import Booking, Payment, Refund
from common.models import IdempotencyRecord
from events.models import Event
from tests.factories.accounts import make_token, make_user
from tests.factories.bookings import HOLD, confirm, hold, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def wish(kind: Any, quantity: int = 1) -> dict[str, Any]:
    return {"event": str(kind.event_id), "items": [{"ticket_type": str(kind.id), "quantity": quantity}]}


def member_of(event: Event, role: str) -> User:
    user = make_user()
    OrganizerMember.objects.create(organizer=event.organizer, user=user, role=role)
    return user


class TestPostBookings:
    def test_holds_seats(self) -> None:
        kind = make_ticket_type(price=Decimal("1500.00"))

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind, 2), headers=key())

        assert answer.status_code == 201
        assert answer["ETag"] == '"v1"'
        body = answer.json()
        assert (body["status"], body["seats"], body["next_action"]) == ("held", 2, "pay")
        assert body["total"] == {"amount": "3000.00", "currency": "RUB"}
        assert body["items"] == [
            {
                "ticket_type": str(kind.id),
                "name": kind.name,
                "quantity": 2,
                "price": {"amount": "1500.00", "currency": "RUB"},
                "total": {"amount": "3000.00", "currency": "RUB"},
                "discount": {"amount": "0.00", "currency": "RUB"},
            }
        ]

    def test_confirms_what_is_free(self) -> None:
        kind = make_ticket_type(price=Decimal(0))

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind), headers=key())

        assert (answer.status_code, answer.json()["status"], answer.json()["next_action"]) == (201, "confirmed", "none")

    def test_gives_the_same_answer_to_the_same_key(self) -> None:
        kind, user, same = make_ticket_type(), make_user(), key()

        first, second = [signed_in(user).post("/api/v1/bookings/", wish(kind), headers=same) for _ in range(2)]

        assert second.content == first.content
        assert second["Idempotency-Replayed"] == "true"
        assert seats_of(kind) == (1, 0)

    def test_needs_a_key(self) -> None:
        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(make_ticket_type()))

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")

    def test_says_what_is_left_when_sold_out(self) -> None:
        kind = make_ticket_type(capacity=3)
        hold(ticket_type=kind, seats=2)

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind, 2), headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "sold_out")
        assert answer.json()["left"] == {str(kind.id): 1}

    def test_names_the_booking_that_exists(self) -> None:
        kind, user = make_ticket_type(), make_user()
        booking = hold(user=user, ticket_type=kind)

        answer = signed_in(user).post("/api/v1/bookings/", wish(kind), headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "already_booked")
        assert answer.json()["booking_id"] == str(booking.id)

    def test_says_when_sales_open(self) -> None:
        opens_at = timezone.now() + timedelta(days=1)
        kind = make_ticket_type(sale_opens_at=opens_at)

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind), headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "not_on_sale")
        assert answer.json()["opens_at"].startswith(str(opens_at.date()))

    def test_says_how_many_one_booking_may_take(self) -> None:
        answer = signed_in(make_user()).post(
            "/api/v1/bookings/", wish(make_ticket_type(max_per_booking=4), 5), headers=key()
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "limit_per_booking")
        assert answer.json()["maximum"] == 4

    def test_says_that_the_event_is_cancelled(self) -> None:
        kind = make_ticket_type()
        Event.objects.filter(id=kind.event_id).update(status="cancelled", status_reason="storm")

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind), headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "event_cancelled")

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"event": "x"}, "/event"),
            ({"items": []}, "/items"),
            ({"items": [{"ticket_type": str(uuid.uuid4()), "quantity": 0}]}, "/items/0/quantity"),
            ({"items": [{"ticket_type": str(uuid.uuid4()), "quantity": 1}]}, "/items"),
            ({"items": [{"ticket_type": str(uuid.UUID(int=1)), "quantity": 1}] * 2}, "/items"),
            ({"items": 5}, "/items"),
        ],
    )
    def test_points_at_bad_input(self, change: dict[str, Any], pointer: str) -> None:
        body = wish(make_ticket_type()) | change

        answer = signed_in(make_user()).post("/api/v1/bookings/", body, headers=key())

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer

    def test_knows_no_hidden_event(self) -> None:
        kind = make_ticket_type(event=make_event(status="draft"))

        answer = signed_in(make_user()).post("/api/v1/bookings/", wish(kind), headers=key())

        assert answer.status_code == 404

    def test_is_for_those_who_signed_in(self, api: APIClient) -> None:
        assert api.post("/api/v1/bookings/", wish(make_ticket_type()), headers=key()).status_code == 401

    @pytest.mark.parametrize("types", [1, 3])
    def test_asks_seven_times_and_takes_the_seats_last(self, types: int) -> None:
        event = make_event()
        kinds = [make_ticket_type(event=event) for _ in range(types)]
        body = {"event": str(event.id), "items": [{"ticket_type": str(one.id), "quantity": 1} for one in kinds]}
        token, text = make_token(make_user())
        # Noted once in a while, not with each request.
        token.last_used_at = timezone.now()
        token.save()
        client = APIClient(headers={"Authorization": f"Bearer {text}"})

        statements: list[str] = []

        def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if "SAVEPOINT" not in sql:
                statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            answer = client.post("/api/v1/bookings/", body, headers=key())

        assert answer.status_code == 201
        # The lock on the key goes with the look for its answer, the patience with the seats: seven round trips.
        *before, _patience, of_event = statements[:-types]
        assert len(before) == 8
        assert "UPDATE events_event" in of_event
        assert all("UPDATE events_tickettype" in sql for sql in statements[-types:])
        assert not any("UPDATE" in sql for sql in before)

    def test_sends_what_it_has_stored(self) -> None:
        user, same = make_user(), key()

        answer = signed_in(user).post(
            "/api/v1/bookings/", wish(make_ticket_type()), headers=same | {"Accept": "application/json; indent=4"}
        )

        stored = IdempotencyRecord.objects.get(user_id=user.id, key=same["Idempotency-Key"])
        assert (answer.content.decode(), answer["Content-Type"]) == (stored.body, "application/json")


class TestPostQuote:
    def test_says_the_price_and_takes_nothing(self) -> None:
        kind = make_ticket_type(price=Decimal("99.90"))

        answer = signed_in(make_user()).post("/api/v1/bookings/quote/", wish(kind, 3))

        assert answer.status_code == 200
        assert answer.json()["total"] == {"amount": "299.70", "currency": "RUB"}
        assert seats_of(kind) == (0, 0)

    def test_takes_a_promo_code_and_says_how_many_points_may_be_used(self) -> None:
        kind = make_ticket_type(price=Decimal(1000))
        make_promo_code(event=kind.event, code="TEN", value=Decimal(10))
        body = wish(kind, 3) | {"promo_code": "ten", "use_points": "50"}

        told = signed_in(make_user()).post("/api/v1/bookings/quote/", body).json()

        assert (told["subtotal"]["amount"], told["discount"]["amount"], told["total"]["amount"]) == (
            "3000.00",
            "300.00",
            "2700.00",
        )
        assert (told["promo_code"], told["points"]["why_fewer"]) == ("TEN", "no_points")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"is_active": False}, "promo_invalid"),
            ({"closes_at": timezone.now() - timedelta(days=1)}, "promo_expired"),
            ({"opens_at": timezone.now() + timedelta(days=1)}, "promo_expired"),
            ({"total_limit": 1, "used": 1}, "promo_exhausted"),
            ({"ticket_type_ids": [uuid.uuid4()]}, "promo_not_applicable"),
        ],
    )
    def test_says_why_a_promo_code_does_not_count(self, fields: dict[str, Any], code: str) -> None:
        kind = make_ticket_type()
        make_promo_code(event=kind.event, code="TEN", **fields)

        for path in ("/api/v1/bookings/quote/", "/api/v1/bookings/"):
            answer = signed_in(make_user()).post(path, wish(kind) | {"promo_code": "TEN"}, headers=key())

            assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert seats_of(kind) == (0, 0)

    def test_knows_no_code_of_another_event(self) -> None:
        make_promo_code(code="TEN")

        answer = signed_in(make_user()).post(
            "/api/v1/bookings/quote/", wish(make_ticket_type()) | {"promo_code": "TEN"}
        )

        assert answer.json()["code"] == "promo_invalid"

    def test_refuses_more_points_than_there_are_when_it_comes_to_booking(self) -> None:
        answer = signed_in(make_user()).post(
            "/api/v1/bookings/", wish(make_ticket_type()) | {"use_points": "5"}, headers=key()
        )

        assert (answer.status_code, answer.json()["code"], answer.json()["why"]) == (
            409,
            "points_not_available",
            "no_points",
        )


class TestGetBooking:
    def test_shows_ones_own_with_its_version(self) -> None:
        booking = confirm()

        answer = signed_in(booking.user).get(f"/api/v1/bookings/{booking.id}/")

        assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
        assert answer["ETag"] == f'"v{booking.version}"'

    def test_expires_an_overdue_hold_on_the_way(self) -> None:
        booking = hold(now=timezone.now() - HOLD)

        answer = signed_in(booking.user).get(f"/api/v1/bookings/{booking.id}/")

        assert answer.json()["status"] == "expired"

    @pytest.mark.parametrize("path", ["", "refund-quote/", "tickets/"])
    def test_hides_somebody_elses(self, path: str) -> None:
        answer = signed_in(make_user()).get(f"/api/v1/bookings/{hold().id}/{path}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize("path", ["pay/", "cancel/"])
    def test_lets_nobody_else_act(self, path: str) -> None:
        answer = signed_in(make_user()).post(f"/api/v1/bookings/{hold().id}/{path}", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestPay:
    def test_answers_with_the_address_to_pay_at_and_replays(self) -> None:
        booking, same = hold(), key()
        client = signed_in(booking.user)

        first, second = [client.post(f"/api/v1/bookings/{booking.id}/pay/", headers=same) for _ in range(2)]

        assert first.status_code == 200
        assert (first.json()["status"], first.json()["provider"]) == ("pending", "sandbox")
        assert "/sandbox/pay/" in first.json()["confirmation_url"]
        assert second.content == first.content
        assert second["Idempotency-Replayed"] == "true"
        assert Payment.objects.count() == 1

    def test_refuses_an_expired_hold(self) -> None:
        booking = hold(now=timezone.now() - HOLD)

        answer = signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/pay/", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "hold_expired")

    def test_refuses_what_is_paid(self) -> None:
        booking = confirm()

        answer = signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/pay/", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "not_payable")

    def test_says_when_no_provider_takes_payments(self, settings: Any) -> None:
        settings.PAYMENT_PROVIDERS = []
        booking = hold()

        answer = signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/pay/", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (503, "payments_unavailable")


class TestCancel:
    def test_gives_back_what_the_quote_says(self) -> None:
        event = make_event(refund_policy={"bands": [{"hours_before": 24, "percent": 70}], "fee": "5.50"})
        booking = confirm(ticket_type=make_ticket_type(event=event))
        client = signed_in(booking.user)

        quote = client.get(f"/api/v1/bookings/{booking.id}/refund-quote/").json()
        answer = client.post(f"/api/v1/bookings/{booking.id}/cancel/", headers=key())

        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert quote["amount"] == {"amount": "694.50", "currency": "RUB"}
        assert (quote["rule"], quote["percent"]) == ("band", "70.00")
        assert quote["curve"][0]["amount"]["amount"] == "694.50"
        assert Refund.objects.get().amount == Decimal("694.50")

    def test_says_when_it_was_too_late(self) -> None:
        event = make_event(starts_at=timezone.now() + timedelta(hours=5))
        booking = confirm(ticket_type=make_ticket_type(event=event))

        answer = signed_in(booking.user).post(f"/api/v1/bookings/{booking.id}/cancel/", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "cancellation_closed")
        assert "closed_at" in answer.json()

    def test_refuses_a_stale_version(self) -> None:
        booking = hold()

        answer = signed_in(booking.user).post(
            f"/api/v1/bookings/{booking.id}/cancel/", headers=key() | {"If-Match": '"v9"'}
        )

        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")

    def test_refuses_what_has_ended(self) -> None:
        booking = hold(now=timezone.now() - HOLD)
        client = signed_in(booking.user)
        client.get(f"/api/v1/bookings/{booking.id}/")

        answer = client.post(f"/api/v1/bookings/{booking.id}/cancel/", headers=key())

        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")


class TestTickets:
    def test_shows_valid_tickets_with_what_the_qr_code_says(self) -> None:
        booking = confirm(seats=2)

        answer = signed_in(booking.user).get(f"/api/v1/bookings/{booking.id}/tickets/")

        assert {one["code"] for one in answer.json()} == {one.door_code for one in tickets_of(booking)}


class TestLists:
    def test_shows_ones_own_bookings_newest_first(self) -> None:
        user, now = make_user(), timezone.now()
        old = hold(user=user, now=now - timedelta(minutes=5))
        new = hold(user=user, now=now)
        hold()

        answer = signed_in(user).get("/api/v1/me/bookings/")

        assert [one["id"] for one in answer.json()["results"]] == [str(new.id), str(old.id)]

    def test_shows_an_organizer_who_booked(self) -> None:
        booking = hold()
        hold()
        manager = member_of(booking.event, "manager")

        answer = signed_in(manager).get(f"/api/v1/events/{booking.event_id}/bookings/")

        [one] = answer.json()["results"]
        assert one["user"] == {
            "id": str(booking.user_id),
            "name": booking.user.display_name,
            "email": booking.user.email,
        }

    @pytest.mark.parametrize("role", [None, "door"])
    def test_shows_nobody_else_who_booked(self, role: str | None) -> None:
        event = hold().event
        user = member_of(event, role) if role else make_user()

        assert signed_in(user).get(f"/api/v1/events/{event.id}/bookings/").status_code == 404

    @pytest.mark.parametrize("count", [1, 6])
    def test_asks_the_database_as_often_for_many_as_for_one(self, count: int, django_assert_num_queries: Any) -> None:
        user, event = make_user(), make_event()
        kind = make_ticket_type(event=event, capacity=100)
        for _ in range(count):
            hold(user=user)
            confirm(ticket_type=kind)

        manager = event.organizer.members.get().user

        with django_assert_num_queries(2):
            signed_in(user).get("/api/v1/me/bookings/")
        with django_assert_num_queries(3):
            signed_in(manager).get(f"/api/v1/events/{event.id}/bookings/")


class TestCheckIns:
    def test_opens_the_door_once(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        door = signed_in(member_of(booking.event, "door"))
        path, scan = f"/api/v1/events/{booking.event_id}/check-ins/", {"code": ticket.door_code, "gate": "North"}

        first, second = door.post(path, scan), door.post(path, scan)

        assert (first.status_code, first.json()["gate"], first.json()["booking_seats"]) == (201, "North", 1)
        assert (second.status_code, second.json()["code"]) == (409, "ticket_already_used")
        assert (second.json()["gate"], second.json()["checked_in_at"][:19]) == (
            "North",
            first.json()["checked_in_at"][:19],
        )

    @pytest.mark.parametrize(("code", "problem"), [("nonsense", "ticket_not_genuine"), (None, "ticket_of_other_event")])
    def test_says_what_is_wrong_with_a_ticket(self, code: str | None, problem: str) -> None:
        booking = confirm()
        code = code or tickets_of(confirm())[0].door_code

        answer = signed_in(member_of(booking.event, "door")).post(
            f"/api/v1/events/{booking.event_id}/check-ins/", {"code": code}
        )

        assert (answer.status_code, answer.json()["code"]) == (409, problem)

    def test_is_closed_to_others(self) -> None:
        booking = confirm()

        answer = signed_in(booking.user).post(f"/api/v1/events/{booking.event_id}/check-ins/", {"code": "x"})

        assert answer.status_code == 404


class TestProviderWebhook:
    def test_refuses_what_is_not_signed(self, api: APIClient) -> None:
        answer = api.post("/api/v1/payments/webhooks/sandbox/", {"type": "payment.changed"})

        assert (answer.status_code, answer.json()["code"]) == (401, "untrusted_webhook")

    def test_knows_only_providers_in_use(self, api: APIClient) -> None:
        assert api.post("/api/v1/payments/webhooks/nobody/", {}).status_code == 404


def test_a_settled_booking_is_what_the_owner_sees_next() -> None:
    booking = hold()
    client = signed_in(booking.user)
    client.post(f"/api/v1/bookings/{booking.id}/pay/", headers=key())

    settle(Payment.objects.get())

    assert client.get(f"/api/v1/bookings/{booking.id}/").json()["status"] == "confirmed"
    assert Booking.objects.get().version == 2
