"""Ticket types behind a promo code: seen by who says it, booked with it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bookings.models import Booking
from events.models import Event, PromoCode, TicketType
from events.selectors.hidden_types import list_types_opened_by_promo
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def hidden() -> TicketType:
    """A ticket for friends, with a code that opens it and counts once."""
    event = make_event()
    make_ticket_type(event=event, name="Adult")
    friends = make_ticket_type(event=event, name="Friends", access_code="wave")
    make_promo_code(event=event, code="TEN-OFF", ticket_type_ids=[friends.id], total_limit=1)
    make_promo_code(event=event, code="EVERY")
    return friends


def book(ticket_type: TicketType, **said: Any) -> Any:
    api = APIClient()
    api.force_authenticate(make_user())
    body = {"event": str(ticket_type.event_id), "items": [{"ticket_type": str(ticket_type.id), "quantity": 1}]} | said
    return api.post("/api/v1/bookings/", body, headers={"Idempotency-Key": str(uuid.uuid4())})


class TestTypesOpenedByPromo:
    def test_are_those_that_the_code_names(self, hidden: TicketType) -> None:
        def opened(code: str, event: Event = hidden.event) -> list[uuid.UUID]:
            return list_types_opened_by_promo(event_id=event.id, code=code, now=timezone.now())

        assert opened(" ten-off ") == [hidden.id]
        assert opened("EVERY") == opened("") == opened("\0") == opened("NONE") == []
        assert opened("TEN-OFF", make_event()) == []

    @pytest.mark.parametrize(
        "fields",
        [{"is_active": False}, {"used": 1}, {"opens_at": timezone.now() + DAY}, {"closes_at": timezone.now() - DAY}],
    )
    def test_are_closed_while_it_does_not_count(self, hidden: TicketType, fields: dict[str, Any]) -> None:
        PromoCode.objects.filter(code="TEN-OFF").update(**fields)

        assert not list_types_opened_by_promo(event_id=hidden.event_id, code="TEN-OFF", now=timezone.now())


class TestSeeing:
    def test_the_api_lists_them_to_who_says_the_code(self, api: APIClient, hidden: TicketType) -> None:
        path = f"/api/v1/events/{hidden.event_id}/ticket-types/"

        def names(code: str) -> list[str]:
            return [one["name"] for one in api.get(path, {"access_code": code}).json()["results"]]

        assert names("ten-off") == ["Adult", "Friends"]
        assert names("EVERY") == names("") == ["Adult"]

    def test_the_page_shows_them_and_books_with_the_code(
        self, client: Client, hidden: TicketType, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        path = f"/events/{hidden.event.slug}-{hidden.event_id}/"

        page = client.get(path, {"access_code": "ten-off"}).content.decode()
        by_access_code = client.get(path, {"access_code": "wave"}).content.decode()

        assert "Friends" in page
        assert '<input type="hidden" name="promo_code" value="ten-off">' in page
        assert "Friends" in by_access_code
        assert 'name="promo_code"' not in by_access_code


class TestBooking:
    def test_takes_a_use_of_the_code_that_opens_them(self, hidden: TicketType) -> None:
        first, second = (book(hidden, promo_code="TEN-OFF") for _ in range(2))

        assert first.status_code == 201, first.json()
        assert second.status_code == 400
        assert Booking.objects.get().promo_code.code == "TEN-OFF"
        assert PromoCode.objects.get(code="TEN-OFF").used == 1

    def test_wants_the_code_as_one_that_is_used(self, hidden: TicketType) -> None:
        answers = [book(hidden, **said) for said in ({}, {"promo_code": "EVERY"}, {"access_code": "TEN-OFF"})]

        assert [one.status_code for one in answers] == [400] * 3
        assert {one.json()["errors"][0]["code"] for one in answers} == {"unknown_ticket_type"}
        assert not Booking.objects.exists()

    def test_is_quoted_with_the_code(self, hidden: TicketType) -> None:
        api = APIClient()
        api.force_authenticate(make_user())
        items = [{"ticket_type": str(hidden.id), "quantity": 1}]

        quote = api.post(
            "/api/v1/bookings/quote/", {"event": str(hidden.event_id), "items": items, "promo_code": "TEN-OFF"}
        )

        assert quote.status_code == 200, quote.json()
        assert quote.json()["total"]["amount"] == "900.00"
