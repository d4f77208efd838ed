"""Everything at once: ten thousand interleavings with SCALE=full, some hundred otherwise; and proof that it would show."""

import os
import uuid
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from psycopg.errors import LockNotAvailable
from rest_framework.test import APIClient

from accounts.models import OrganizerMember
from bookings.models import Booking, WaitingEntry
from bookings.services.quote_seats import Wish
from bus.models import OutboxRow
from common.problems import Problem
from events.actors import Actor
from events.services.move_seats import SeatCountersDrifted
from tests.concurrency.throng import Throng, check_everything, everybody
from tests.concurrency.together import refusals, together
from tests.factories.accounts import make_organizer, make_user
from tests.factories.bookings import hold, seats_of
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FULL = os.environ.get("SCALE") == "full"
DOINGS = 10_000 if FULL else 240
DUPLICATES = 1_000 if FULL else 100
THREADS = 8
MOST_TRIES = 50
ALL_BACK = {"bands": [{"hours_before": 0, "percent": 100}]}
HALF_BACK = {"bands": [{"hours_before": 24, "percent": 50}], "fee": "7.00"}


def make_throng(policy: dict[str, Any]) -> Throng:
    owner, door = make_user(), make_user()
    organizer = make_organizer(owner=owner)
    OrganizerMember.objects.create(organizer=organizer, user=door, role="door")
    kinds = []
    for capacity in (6, 9):
        event = make_event(organizer=organizer, capacity=capacity, refund_policy=policy)
        kinds += [make_ticket_type(event=event, capacity=capacity - 2, price=Decimal(price)) for price in (700, 1100)]
        make_promo_code(event=event, code="TEN", value=Decimal(10), total_limit=3)
    people = [make_user() for _ in range(14)]
    return Throng(kinds=kinds, people=people, door=door, organizer=Actor(user_id=owner.id), promo_code="TEN")


class TestWholeLife:
    @pytest.mark.parametrize(("seed", "policy"), [(21, ALL_BACK), (22, HALF_BACK)])
    def test_oversells_nothing_and_keeps_every_rouble(self, seed: int, policy: dict[str, Any]) -> None:
        throng = make_throng(policy)

        together(*everybody(throng.act, threads=THREADS, seed=seed, times=DOINGS // 2 // THREADS + 1))

        check_everything(keeps_nothing=policy is ALL_BACK)
        # A few hundred doings may leave nothing of it, ten thousand never.
        if FULL:
            assert Booking.objects.filter(confirmed_at__isnull=False).exists()
            assert WaitingEntry.objects.exists()

    @pytest.mark.parametrize(
        ("weak", "instead"),
        [
            ("bookings.services.free_seats.release_seats", lambda **_: None),
            ("bookings.services.hold_seats.take_seats", lambda **_: None),
            ("bookings.services.apply_change.return_seats", lambda **_: None),
            ("bookings.services.end_booking.promise_refund", lambda **_: None),
        ],
    )
    def test_would_show_a_weakened_guard(
        self, weak: str, instead: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        throng = make_throng(ALL_BACK)
        monkeypatch.setattr(weak, instead)

        # The database or a service may stop it before the count does.
        with pytest.raises((AssertionError, IntegrityError, SeatCountersDrifted)):
            for round_ in range(20):
                throng.act(seed=round_, times=40)
                check_everything(keeps_nothing=True)


def book_patiently(**wish: Any) -> Booking | Problem:
    """Return the booking or its refusal; ask again after waiting too long for a row, as a client does after the 503."""
    for _ in range(MOST_TRIES):
        try:
            return hold(**wish)
        except Problem as refusal:
            return refusal
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
    raise AssertionError("nobody waits that long")


class TestPromoCode:
    def test_of_ten_uses_is_used_ten_times_by_two_hundred_people(self) -> None:
        kind = make_ticket_type(capacity=500)
        promo = make_promo_code(event=kind.event, code="TEN", total_limit=10)
        people = [make_user() for _ in range(200)]

        def some_book(of: list[Any]) -> list[Any]:
            return [book_patiently(user=person, ticket_type=kind, wish=Wish(promo_code="TEN")) for person in of]

        told = together(*(partial(some_book, people[number::40]) for number in range(40)))

        outcomes = [one for some in told for one in some]
        assert Counter(refusals(outcomes)) == {"promo_exhausted": 190}
        assert Booking.objects.filter(promo_code=promo, discount__gt=0).count() == 10
        promo.refresh_from_db()
        assert (promo.used, seats_of(kind)) == (10, (10, 0))


class TestIdempotencyKey:
    def test_of_many_parallel_duplicates_has_one_effect_and_one_answer(self) -> None:
        kind, person = make_ticket_type(capacity=2000), make_user()
        body = {"event": str(kind.event_id), "items": [{"ticket_type": str(kind.id), "quantity": 1}]}
        key = {"Idempotency-Key": str(uuid.uuid4())}

        def post() -> list[Any]:
            client = APIClient()
            client.force_authenticate(person)
            return [client.post("/api/v1/bookings/", body, headers=key) for _ in range(DUPLICATES // 25)]

        answers = [one for some in together(*[post] * 25) for one in some]

        assert len(answers) == DUPLICATES
        assert {one.status_code for one in answers} <= {201, 409}
        assert all("Retry-After" in one for one in answers if one.status_code == 409)
        assert len({one.content for one in answers if one.status_code == 201}) == 1
        assert Booking.objects.count() == OutboxRow.objects.filter(wire_type="bookings.booking.held.v1").count() == 1
        assert seats_of(kind) == (1, 0)

    def test_refuses_what_the_draft_says(self) -> None:
        kind, person = make_ticket_type(), make_user()
        client = APIClient()
        client.force_authenticate(person)
        body = {"event": str(kind.event_id), "items": [{"ticket_type": str(kind.id), "quantity": 1}]}
        key = {"Idempotency-Key": str(uuid.uuid4())}

        without = client.post("/api/v1/bookings/", body)
        client.post("/api/v1/bookings/", body, headers=key)
        other = client.post("/api/v1/bookings/", body | {"promo_code": "X"}, headers=key)
        again = client.post("/api/v1/bookings/", body, headers=key)

        assert (without.status_code, without.json()["code"]) == (400, "idempotency_key_required")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
