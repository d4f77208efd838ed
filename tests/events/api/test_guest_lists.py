"""A guest's short way to the catalogue says what the long way says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from events.api import guest_lists
from events.catalogue_cache import forget_catalogue
from events.models import Category
from tests.factories.accounts import make_organizer
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/events/"
SOON = datetime(2030, 6, 14, 3, tzinfo=UTC)
# Headers that are new each time.
OF_THE_MOMENT = {"X-Request-ID", "RateLimit", "Content-Security-Policy"}
WISHES = [
    "",
    "page_size=2",
    "page_size=100&ordering=newest",
    "q=сплав",
    "q=сплав+ката&ordering=soonest",
    'q="по+рекам"+-байдарка&price_max=1000',
    "q=%20",
    "category=water",
    "category=rafting&free=true",
    "city=чемал",
    "city=Чемал&radius_km=100",
    "near=51.4,86.0&radius_km=300&ordering=distance",
    "near=89.5,0.0&radius_km=900",
    "near=66.0,179.9&radius_km=500",
    "date_from=2030-06-01&date_to=2030-06-30",
    "date_from=2030-06-14",
    "preset=weekend",
    "price_min=100",
    "price_max=500.50&ordering=price",
    "price_min=100&price_max=900",
    "free=false&online=false",
    "online=true",
    "has_seats=true",
    "has_seats=false&ordering=popularity",
    "tags=лето",
    "tags=лето,с детьми",
    "min_rating=4.5&ordering=rating",
    "language=en",
    "age_rating=12%2B",
    "organizer=00000000-0000-0000-0000-000000000000",
    "ordering=relevance&q=&city=",
]
REFUSED = [
    "page_size=0",
    "page_size=x",
    "colour=red",
    "price_min=9&price_max=1",
    "price_min=1e-20000",
    "min_rating=4.555",
    "near=91,0",
    "category=none",
    "q=%00",
]


@pytest.fixture
def world() -> Iterator[None]:
    water = make_category(slug="water", name_ru="Вода", name_en="Water")
    rafting = make_category(slug="rafting", parent=water, name_ru="Сплавы", name_en="Rafting")
    places: list[dict[str, Any]] = [
        {"city": "Чемал", "latitude": "51.41", "longitude": "86.00", "tags": ["лето"], "rating": "4.80"},
        {"city": "чемал", "latitude": "51.50", "longitude": "86.20", "tags": ["лето", "с детьми"], "rating": "4.10"},
        {"city": "Анадырь", "latitude": "66.00", "longitude": "-179.50", "language": "en", "address_is_public": True},
        {"city": "", "online_url": "https://example.org/", "age_rating": "12+", "cover": "events/own.jpg"},
    ]
    for number, fields in enumerate(places):
        event = make_event(
            organizer=make_organizer(name="Лодка « &  »"),
            category=(water, rafting)[number % 2],
            title=f"Сплав <{number}> по рекам",
            description="Сплав по Катуни на катамаране. " * 20,
            starts_at=SOON + timedelta(days=number),
            rating_count=int("rating" in fields),
            **fields,
        )
        for price in (0, 400)[: number % 3]:
            make_ticket_type(event=event, price=price, capacity=10, sold=10 * (number % 2))
    forget_catalogue()
    yield
    cache.clear()


def asked(api: APIClient, query: str, **headers: str) -> Any:
    cache.clear()
    return api.get(f"{EVENTS}?{query}", headers=headers)


@pytest.fixture
def by_the_long_way(monkeypatch: pytest.MonkeyPatch) -> Any:
    def ask(api: APIClient, query: str, **headers: str) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(guest_lists, "_is_plain", lambda request: False)
            return asked(api, query, **headers)

    return ask


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what was taken out of quotas."""
    taken: list[Any] = []
    take = guest_lists.limiter.take

    def note(quotas: Any, *, now_seconds: float) -> Any:
        taken.append(quotas)
        return take(quotas, now_seconds=now_seconds)

    monkeypatch.setattr(guest_lists.limiter, "take", note)
    return taken


@pytest.fixture
def long_way_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_given: Any) -> None:
        raise AssertionError("the long way was taken")

    monkeypatch.setattr("events.api.views.EventsView.dispatch", closed)


class TestGuestLists:
    @pytest.mark.parametrize("language", ["ru", "en"])
    @pytest.mark.parametrize("query", WISHES)
    def test_says_what_the_long_way_says(
        self, world: None, by_the_long_way: Any, api: APIClient, query: str, language: str
    ) -> None:
        long = by_the_long_way(api, query, Accept_Language=language)
        short = asked(api, query, Accept_Language=language)

        assert (short.status_code, short.content) == (200, long.content)
        assert {name: value for name, value in short.headers.items() if name not in OF_THE_MOMENT} == {
            name: value for name, value in long.headers.items() if name not in OF_THE_MOMENT
        }
        assert set(short.headers) == set(long.headers)

    @pytest.mark.parametrize("query", WISHES)
    def test_answers_itself(self, world: None, long_way_closed: None, api: APIClient, query: str) -> None:
        first = asked(api, query)
        again = api.get(f"{EVENTS}?{query}")

        assert again.content == first.content

    def test_finds_something_for_most_wishes(self, world: None, api: APIClient) -> None:
        found = [query for query in WISHES if asked(api, query).json()["results"]]

        assert len(found) > 20

    @pytest.mark.parametrize("query", REFUSED)
    def test_leaves_what_it_does_not_understand_to_the_long_way(
        self, world: None, by_the_long_way: Any, takes: list[Any], api: APIClient, query: str
    ) -> None:
        short = asked(api, query)
        taken = len(takes)
        long = by_the_long_way(api, query)

        assert (short.status_code, short.json() | {"instance": ""}) == (400, long.json() | {"instance": ""})
        assert taken == 1

    def test_leads_on_to_the_next_page(self, world: None, api: APIClient) -> None:
        whole = asked(api, "page_size=100").json()["results"]

        first = asked(api, "page_size=3").json()
        second = api.get(first["next"]).json()

        assert first["results"] + second["results"] == whole
        assert api.get(second["previous"]).json()["results"] == first["results"]

    @pytest.mark.parametrize(
        "headers",
        [{"Authorization": "Bearer nobody"}, {"Cookie": "sessionid=x"}, {"Accept": "application/json; indent=4"}],
        ids=["a token", "a session", "an indented answer"],
    )
    def test_leaves_the_unusual_to_the_long_way(
        self, world: None, long_way_closed: None, api: APIClient, headers: dict[str, str]
    ) -> None:
        with pytest.raises(AssertionError, match="long way"):
            api.get(EVENTS, headers=headers)

    def test_counts_a_request_once(self, world: None, takes: list[Any], api: APIClient) -> None:
        for number in (1, 2):
            api.get(EVENTS)

            assert len(takes) == number

    def test_is_refused_as_on_the_long_way_when_the_quota_is_spent(
        self, world: None, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "guest", "1/day")
        api.get(EVENTS)

        response = api.get(EVENTS)

        assert (response.status_code, response.json()["code"]) == (429, "throttled")

    def test_asks_as_many_statements_for_one_row_as_for_many(self, world: None, api: APIClient) -> None:
        asked(api, "page_size=1"), asked(api, "page_size=4")

        counts = []
        for size in (1, 4):
            with CaptureQueriesContext(connection) as queries:
                asked(api, f"page_size={size}&q=сплав&price_max=1000")
            counts.append(len(queries))

        assert counts == [2, 2]

    def test_shows_at_once_what_enters_the_catalogue(self, world: None, api: APIClient) -> None:
        before = api.get(EVENTS).json()["results"]
        make_event(category=Category.objects.get(slug="water"))

        forget_catalogue()

        assert len(api.get(EVENTS).json()["results"]) == len(before) + 1
