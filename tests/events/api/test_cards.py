"""The short way to a card says what the serializer's fields say; lists are remembered for a moment."""

import json
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override
from rest_framework.test import APIClient
from rest_framework.utils.encoders import JSONEncoder

from events.api.cards import card_of
from events.api.serializers import EventCardSerializer
from events.catalogue_cache import forget_catalogue
from events.models import Event
from events.selectors.catalogue import list_catalogue
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/events/"


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=JSONEncoder))


class TestCardOf:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"rating": "4.50", "rating_count": 3, "tags": ["лето"], "capacity": 5},
            {"online_url": "https://example.com/", "city": "", "venue": "", "address": ""},
            {"status": Event.Status.RUNNING, "time_zone": "Asia/Barnaul", "age_rating": "12+", "language": "en"},
        ],
    )
    @pytest.mark.parametrize("language", ["ru", "en"])
    def test_says_what_the_fields_say(self, fields: dict[str, Any], language: str) -> None:
        make_ticket_type(event=make_event(category=make_category(name_ru="Сплавы", name_en="Rafting"), **fields))
        event = list_catalogue(now=timezone.now()).get()

        with override(language):
            assert as_json(card_of(event)) == as_json(EventCardSerializer(event).data)

    def test_says_what_the_fields_say_of_an_event_without_tickets(self) -> None:
        make_event()
        event = list_catalogue(now=timezone.now()).get()

        assert as_json(card_of(event)) == as_json(EventCardSerializer(event).data)


class TestRememberedList:
    def test_is_not_read_again_within_a_moment(self, api: APIClient, django_assert_num_queries: Any) -> None:
        make_ticket_type()
        first = api.get(EVENTS).json()

        with django_assert_num_queries(0):
            second = api.get(EVENTS).json()

        assert second == first

    def test_is_forgotten_when_an_event_enters_the_catalogue(self, api: APIClient) -> None:
        make_event(title="Old")
        api.get(EVENTS)
        make_event(title="New")

        forget_catalogue()

        assert {card["title"] for card in api.get(EVENTS).json()["results"]} == {"Old", "New"}

    def test_is_kept_apart_by_language_host_and_wish(self, api: APIClient) -> None:
        category = make_category(slug="rafting", name_ru="Сплавы", name_en="Rafting")
        for _ in range(2):
            make_event(category=category, city="Чемал")

        russian = api.get(EVENTS, {"page_size": 1}, HTTP_ACCEPT_LANGUAGE="ru").json()
        english = api.get(EVENTS, {"page_size": 1}, HTTP_ACCEPT_LANGUAGE="en").json()
        elsewhere = api.get(EVENTS, {"page_size": 1}, HTTP_ACCEPT_LANGUAGE="en", HTTP_HOST="localhost").json()
        nowhere = api.get(EVENTS, {"page_size": 1, "city": "Москва"}, HTTP_ACCEPT_LANGUAGE="en").json()

        names = [page["results"][0]["category"]["name"] for page in (russian, english)]
        assert names == ["Сплавы", "Rafting"]
        assert elsewhere["next"].startswith("http://localhost/")
        assert english["next"].startswith("http://testserver/")
        assert nowhere["results"] == []
