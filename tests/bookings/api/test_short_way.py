"""A program's short way to a booking says what the long way says."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from accounts.models import AccessToken, User
from accounts.scopes import READ, WRITE
from bookings.api import short_way
from bookings.models import Booking
from common.models import IdempotencyRecord
from events.models import Event, TicketType
from tests.factories.accounts import make_token, make_user
from tests.factories.bookings import hold, seats_of
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/v1/bookings/"
# Headers that are new each time, and one whose words come in any order.
OF_THE_MOMENT = {"X-Request-ID", "RateLimit", "Content-Security-Policy"}
# Members of a body that are of one booking only.
OF_THE_BOOKING = {"id", "created_at", "hold_expires_at", "confirmed_at", "instance", "booking_id"}


class Program:
    """Somebody with a token, who books by either way."""

    def __init__(self, user: User, monkeypatch: pytest.MonkeyPatch, **token: Any) -> None:
        self.user = user
        self._token = make_token(user=user, **token)[1]
        self._monkeypatch = monkeypatch

    def post(self, body: Any, *, key: str | None = "", long_way: bool = False, **headers: str) -> Any:
        told = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en", **headers}
        if key is not None:
            told["Idempotency-Key"] = key or str(uuid.uuid4())
        with self._monkeypatch.context() as patched:
            if long_way:
                patched.setattr(short_way, "_is_plain", lambda request: False)
            return APIClient().post(BOOKINGS, body, headers=told)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(user: User | None = None, **token: Any) -> Program:
        return Program(user or make_user(), monkeypatch, **token)

    return make


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the statuses that the short way has answered with."""
    statuses: list[int] = []
    answer = short_way.ShortWayMiddleware._answer

    def note(self: Any, request: Any) -> Any:
        response = answer(self, request)
        if response is not None:
            statuses.append(response.status_code)
        return response

    monkeypatch.setattr(short_way.ShortWayMiddleware, "_answer", note)
    return statuses


def wish(kind: TicketType, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"event": str(kind.event_id), "items": [{"ticket_type": str(kind.id), "quantity": quantity}], **more}


def told(answer: Any) -> Any:
    """Return everything that both ways must say alike."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
    headers["RateLimit-Policy"] = answer.headers.get("RateLimit-Policy")
    body = {name: value for name, value in answer.json().items() if name not in OF_THE_BOOKING}
    # REST framework puts no space behind a colon.
    if answer.headers["Content-Type"].startswith("application/problem+json"):
        headers.pop("Content-Length")
    return answer.status_code, headers, body, sorted(answer.json())


class TestBothWays:
    def test_hold_seats_alike(self, program: Any, short_ways: list[int]) -> None:
        kind = make_ticket_type(price=Decimal("1500.00"))

        short, long = program().post(wish(kind, 2)), program().post(wish(kind, 2), long_way=True)

        assert short_ways == [201]
        assert told(short) == told(long)
        assert seats_of(kind) == (4, 0)

    def test_confirm_what_is_free_alike(self, program: Any, short_ways: list[int]) -> None:
        kind = make_ticket_type(price=Decimal(0))

        short, long = program().post(wish(kind)), program().post(wish(kind), long_way=True)

        assert short_ways == [201]
        assert told(short) == told(long)

    @pytest.mark.parametrize(
        "code",
        ["sold_out", "event_cancelled", "not_on_sale", "limit_per_booking", "not_found", "invalid", "already_booked"],
    )
    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_refuse_alike(self, program: Any, short_ways: list[int], code: str, language: str) -> None:
        user = make_user()
        kind = make_ticket_type(capacity=1, max_per_booking=2)
        body = wish(kind, 2)
        if code == "event_cancelled":
            Event.objects.filter(id=kind.event_id).update(status="cancelled", status_reason="Storm")
        elif code == "not_on_sale":
            TicketType.objects.update(sale_opens_at=timezone.now() + timedelta(days=1))
        elif code == "limit_per_booking":
            body = wish(kind, 3)
        elif code == "not_found":
            body["event"] = str(uuid.uuid4())
        elif code == "invalid":
            body["event"] = str(make_event().id)
        elif code == "already_booked":
            hold(user=user, ticket_type=kind)
            body = wish(kind)

        somebody = program(user)
        answers = [somebody.post(body, long_way=way, **{"Accept-Language": language}) for way in (False, True)]

        assert [answer.json()["code"] for answer in answers] == [code, code]
        assert len(short_ways) == 1
        assert told(answers[0]) == told(answers[1])

    def test_need_a_key_alike(self, program: Any, short_ways: list[int]) -> None:
        body = wish(make_ticket_type())

        short, long = program().post(body, key=None), program().post(body, key=None, long_way=True)

        assert short_ways == [400]
        assert told(short) == told(long)

    def test_share_their_keys(self, program: Any, short_ways: list[int]) -> None:
        kind, somebody = make_ticket_type(), program()

        first = somebody.post(wish(kind), key="one")
        second, third = somebody.post(wish(kind), key="one"), somebody.post(wish(kind), key="one", long_way=True)
        other = somebody.post(wish(kind, 2), key="one")

        assert first.content == second.content == third.content
        assert told(second) == told(third)
        assert second["Idempotency-Replayed"] == "true"
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert short_ways == [201, 201, 422]
        assert seats_of(kind) == (1, 0)

    def test_take_out_of_the_same_quotas(self, program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        rates = {"guest": "9/hour", "user": "9/hour", "token": "2/hour"}
        monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
        somebody, body = program(), wish(make_ticket_type())

        somebody.post(body)
        somebody.post(body, long_way=True)
        refused, refused_again = somebody.post(body), somebody.post(body, long_way=True)

        assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
        assert refused["Retry-After"]
        assert refused["RateLimit-Policy"] == refused_again["RateLimit-Policy"]


class TestShortWay:
    def test_notes_that_the_token_was_used(self, program: Any, short_ways: list[int]) -> None:
        program().post(wish(make_ticket_type()))

        assert short_ways == [201]
        assert AccessToken.objects.get().last_used_at is not None

    def test_asks_the_database_as_often_for_many_types(self, program: Any, short_ways: list[int]) -> None:
        event = make_event()
        kinds = [make_ticket_type(event=event) for _ in range(3)]
        program().post(wish(kinds[0]))
        asked = []
        for wanted in (kinds[:1], kinds):
            items = [{"ticket_type": str(kind.id), "quantity": 1} for kind in wanted]
            somebody = program()
            with CaptureQueriesContext(connection) as queries:
                somebody.post({"event": str(event.id), "items": items})
            asked.append(len(queries))

        assert short_ways == [201] * 3
        # Each type has its own guarded statement.
        assert asked[1] == asked[0] + 2

    def test_undoes_everything_when_it_refuses(self, program: Any, short_ways: list[int]) -> None:
        program().post(wish(make_ticket_type(capacity=1), 2))

        assert short_ways == [409]
        assert not Booking.objects.exists()
        assert not IdempotencyRecord.objects.exists()

    def test_says_so_when_the_database_is_away(
        self, program: Any, monkeypatch: pytest.MonkeyPatch, short_ways: list[int]
    ) -> None:
        def fail(**_: Any) -> None:
            raise OperationalError

        monkeypatch.setattr(short_way, "hold_seats", fail)

        answer = program().post(wish(make_ticket_type()))

        assert short_ways == [503]
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer["Retry-After"] == "5"

    def test_refuses_a_foreign_host(self, program: Any, short_ways: list[int]) -> None:
        answer = program().post(wish(make_ticket_type()), Host="elsewhere.example")

        assert (answer.status_code, short_ways) == (400, [])


class TestLongWay:
    """What is unusual takes it, and is answered there."""

    @pytest.mark.parametrize(
        ("more", "status"),
        [
            ({"promo_code": ""}, 201),
            ({"use_points": "0.00"}, 201),
            ({"answers": []}, 201),
            ({"access_code": ""}, 201),
            ({"colour": "red"}, 400),
            ({"items": []}, 400),
            ({"event": "none"}, 400),
        ],
    )
    def test_reads_what_few_send(self, program: Any, short_ways: list[int], more: Any, status: int) -> None:
        answer = program().post(wish(make_ticket_type()) | more)

        assert (answer.status_code, short_ways) == (status, [])

    def test_reads_numbers_written_as_text(self, program: Any, short_ways: list[int]) -> None:
        kind = make_ticket_type()

        answer = program().post(wish(kind) | {"items": [{"ticket_type": str(kind.id), "quantity": "2"}]})

        assert (answer.status_code, answer.json()["seats"], short_ways) == (201, 2, [])

    def test_refuses_a_type_that_stands_there_twice(self, program: Any, short_ways: list[int]) -> None:
        body = wish(make_ticket_type())

        answer = program().post(body | {"items": body["items"] * 2})

        assert (answer.status_code, short_ways) == (400, [])

    def test_takes_a_promo_code(self, program: Any, short_ways: list[int]) -> None:
        kind = make_ticket_type(price=Decimal(1000))
        code = make_promo_code(event=kind.event)

        answer = program().post(wish(kind, promo_code=code.code))

        assert (answer.status_code, answer.json()["promo_code"], short_ways) == (201, code.code, [])

    def test_refuses_a_token_for_reading(self, program: Any, short_ways: list[int]) -> None:
        answer = program(scopes=[READ]).post(wish(make_ticket_type()))

        assert (answer.status_code, answer.json()["code"], short_ways) == (403, "scope_missing", [])

    def test_refuses_a_token_that_has_expired(self, program: Any, short_ways: list[int]) -> None:
        somebody = program(scopes=[WRITE])
        AccessToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

        answer = somebody.post(wish(make_ticket_type()))

        assert (answer.status_code, short_ways) == (401, [])

    def test_refuses_a_user_who_was_shut_out(self, program: Any, short_ways: list[int]) -> None:
        somebody = program()
        User.objects.filter(id=somebody.user.id).update(is_active=False)

        answer = somebody.post(wish(make_ticket_type()))

        assert (answer.status_code, short_ways) == (401, [])

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer one two"},
            {"Authorization": "Bearer cl\xe9"},
            {"Authorization": "Basic b25lOnR3bw=="},
            {"Content-Type": "text/plain"},
            {"Cookie": f"{settings.SESSION_COOKIE_NAME}=one"},
        ],
    )
    def test_refuses_what_is_no_plain_request(
        self, program: Any, short_ways: list[int], headers: dict[str, str]
    ) -> None:
        answer = program().post(wish(make_ticket_type()), **headers)

        assert short_ways == []
        assert answer.status_code in (201, 401, 415)
        assert (answer.status_code == 201) == ("Cookie" in headers)

    def test_lists_what_was_booked(self, short_ways: list[int]) -> None:
        assert APIClient().get(BOOKINGS).status_code in (401, 405)
        assert short_ways == []
