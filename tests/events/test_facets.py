"""What is counted beside a list is what the list would hold."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from rest_framework.test import APIClient

from bus.facts import ReceivedFact
from events.catalogue_cache import forget_catalogue
from events.filters import narrow, periods
from events.handlers import on_event_cancelled
from events.models import Category, Event, TicketType
from events.selectors.catalogue import list_catalogue
from events.selectors.facets import DAYS, STARS, Facets, count_facets
from tests.factories.accounts import make_organizer
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 6, 12, 9, tzinfo=UTC)
TODAY = date(2030, 6, 12)
CITIES = ("Чемал", "чемал", "Сочи", "")
TAGS = ("лето", "с детьми", "10%")
SLUGS = ("water", "rafting", "sup", "land")

events = some.lists(
    some.fixed_dictionaries(
        {
            "slug": some.sampled_from(SLUGS),
            "city": some.sampled_from(CITIES),
            "language": some.sampled_from(["ru", "en"]),
            "age_rating": some.sampled_from(["0+", "12+"]),
            "online_url": some.sampled_from(["", "https://example.com/"]),
            "status": some.sampled_from(["published", "running", "finished"]),
            "day": some.integers(0, 40),
            "prices": some.lists(some.sampled_from([0, 100, 900]), max_size=2),
            "rating": some.sampled_from([None, "1.00", "2.99", "3.00", "4.50", "5.00"]),
            # The same tag twice is one.
            "tags": some.lists(some.sampled_from(TAGS), max_size=3),
        }
    ),
    max_size=12,
)


def rarely(*values: Any) -> some.SearchStrategy[Any]:
    """One of the values, mostly none: where all is wished for at once, nothing is left to be counted."""
    return some.sampled_from([*[None] * 6, *values])


wishes = some.fixed_dictionaries(
    {
        "category": rarely(*SLUGS),
        "city": rarely("Чемал", "сочи"),
        "language": rarely("ru"),
        "age_rating": rarely("12+"),
        "free": rarely(True, False),
        "online": rarely(True, False),
        "preset": rarely("today", "weekend", "month"),
        "price_max": rarely(Decimal(100)),
        "min_rating": rarely(Decimal(3)),
        "tags": rarely(["лето"]),
    }
)


def tree() -> dict[str, Category]:
    water = make_category(slug="water")
    below = {slug: make_category(slug=slug, parent=water) for slug in ("rafting", "sup")}
    return {"water": water, "land": make_category(slug="land"), **below}


def plant(found: list[dict[str, Any]], categories: dict[str, Category]) -> None:
    organizer = make_organizer()
    for one in found:
        fields = {
            name: one[name] for name in ("city", "language", "age_rating", "online_url", "status", "tags", "rating")
        }
        event = make_event(
            organizer=organizer,
            category=categories[one["slug"]],
            starts_at=NOW + timedelta(days=one["day"]),
            **fields,
        )
        for price in one["prices"]:
            make_ticket_type(event=event, price=price)


def counted(wished: dict[str, Any]) -> Facets:
    return count_facets(
        events=lambda left_out: narrow(list_catalogue(now=NOW), wished, today=TODAY, but=left_out),
        chosen={name for name, value in wished.items() if value is not None},
        periods=periods(TODAY),
        today=TODAY,
    )


def listed(wished: dict[str, Any], **instead: Any) -> int:
    return narrow(list_catalogue(now=NOW), wished | instead, today=TODAY).count()


def plain(**fields: Any) -> dict[str, Any]:
    """An event of a kind that the strategy gives, where nothing else is said."""
    given = {"slug": "sup", "city": "Чемал", "language": "ru", "age_rating": "0+", "online_url": "", "rating": None}
    return given | {"status": "published", "day": 3, "prices": [100], "tags": []} | fields


NOTHING = dict.fromkeys(
    ("category", "city", "language", "age_rating", "free", "online", "preset", "price_max", "min_rating", "tags")
)


@example(found=[plain(tags=["лето", "лето"]), plain(city="чемал")], wished=NOTHING)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(found=events, wished=wishes)
def test_facets_are_the_counted_truth(found: list[dict[str, Any]], wished: dict[str, Any]) -> None:
    with transaction.atomic():
        categories = tree()
        plant(found, categories)
        wished = wished | {"category": categories.get(wished["category"])}

        facets = counted(wished)

        assert facets.total == listed(wished)
        for slug, category in categories.items():
            assert facets.category.get(slug, 0) == listed(wished, category=category), slug
        for city in ("Чемал", "Сочи"):
            shown = sum(count for name, count in facets.city.items() if name.casefold() == city.casefold())
            assert shown == listed(wished, city=city), city
        for name, values in {"language": ("ru", "en"), "age_rating": ("0+", "12+"), "min_rating": STARS}.items():
            for value in values:
                assert getattr(facets, name).get(str(value), 0) == listed(wished, **{name: value}), (name, value)
        for name in ("free", "online"):
            for word, value in (("true", True), ("false", False)):
                assert getattr(facets, name).get(word, 0) == listed(wished, **{name: value}), (name, word)
        for preset in ("today", "weekend", "month"):
            assert facets.preset.get(preset, 0) == listed(wished, preset=preset), preset
        for tag in TAGS:
            assert facets.tags.get(tag, 0) == listed(wished, tags=[*(wished["tags"] or []), tag]), tag
        for number in range(DAYS):
            day = TODAY + timedelta(days=number)
            on_that_day = listed(wished, preset=None, date_from=day, date_to=day)
            assert facets.day.get(day.isoformat(), 0) == on_that_day, day
        transaction.set_rollback(True)


class TestThroughTheApi:
    def test_shows_facets_when_they_are_asked_for(self, api: APIClient) -> None:
        water = make_category(slug="water")
        make_ticket_type(event=make_event(category=make_category(slug="sup", parent=water), city="Чемал"), price=0)
        make_event(category=water, city="Сочи")

        page = api.get("/api/v1/events/?facets=1").json()

        assert page["facets"]["total"] == 2
        assert page["facets"]["category"] == [{"value": "water", "count": 2}, {"value": "sup", "count": 1}]
        assert page["facets"]["city"] == [{"value": "Сочи", "count": 1}, {"value": "Чемал", "count": 1}]
        assert page["facets"]["free"] == [{"value": "false", "count": 1}, {"value": "true", "count": 1}]
        assert "facets" not in api.get("/api/v1/events/").json()

    def test_shows_tags_by_how_many_have_them_and_stars_from_the_most(self, api: APIClient) -> None:
        for rating, tags in (("5.00", ["зима"]), ("2.50", ["лето", "зима"])):
            make_event(rating=rating, rating_count=1, tags=tags)

        facets = api.get("/api/v1/events/?facets=1&min_rating=4").json()["facets"]

        assert facets["tags"] == [{"value": "зима", "count": 1}]
        assert [tuple(one.values()) for one in facets["min_rating"]] == [
            ("4.5", 1),
            ("4", 1),
            ("3", 1),
            ("2", 2),
            ("1", 2),
        ]

    def test_counts_in_as_many_statements_as_there_are_wishes_at_most(self, api: APIClient) -> None:
        for _ in range(7):
            make_event()

        with CaptureQueriesContext(
            connection,
        ) as queries:
            api.get("/api/v1/events/?facets=1&language=ru&online=false")

        counting = [one for one in queries.captured_queries if "GROUPING SETS" in (one["sql"] or "")]
        assert len(counting) == 3

    def test_answers_again_without_counting_until_the_catalogue_changes(self, api: APIClient) -> None:
        def total() -> int:
            return api.get("/api/v1/events/?facets=1").json()["facets"]["total"]

        event = make_event()
        assert total() == 1
        Event.objects.filter(id=event.id).update(status="cancelled", status_reason="A storm")
        assert total() == 1

        fact = ReceivedFact(id="1", type="events.event.cancelled.v1", key=str(event.id), occurred_at=NOW, data=None)
        on_event_cancelled(fact)

        assert total() == 0

    def test_works_after_the_cache_has_forgotten_everything(self, api: APIClient) -> None:
        make_event()
        forget_catalogue()
        api.get("/api/v1/events/?facets=1")
        cache.clear()

        assert api.get("/api/v1/events/?facets=1").json()["facets"]["total"] == 1

    def test_keeps_own_drafts_out_of_what_others_are_told(self, api: APIClient) -> None:
        draft = make_event(status="draft")
        owner = APIClient()
        owner.force_authenticate(draft.organizer.members.get().user)

        assert owner.get("/api/v1/events/?facets=1&mine=true").json()["facets"]["total"] == 1
        assert api.get("/api/v1/events/?facets=1&mine=true").json()["facets"]["total"] == 0

    def test_refuses_another_word_than_1(self, api: APIClient) -> None:
        assert api.get("/api/v1/events/?facets=yes").status_code == 400


def test_the_prices_of_an_event_follow_its_ticket_types() -> None:
    event = make_event()

    def prices() -> tuple[Decimal, Decimal | None]:
        event.refresh_from_db()
        return event.price_from, event.price_to

    assert prices() == (0, None)
    dear, cheap = make_ticket_type(event=event, price=900), make_ticket_type(event=event, price=100)
    assert prices() == (100, 900)
    make_ticket_type(event=event, price=5, access_code="friends")
    assert prices() == (100, 900)
    TicketType.objects.filter(id=dear.id).update(price=50)
    assert prices() == (50, 100)
    cheap.delete()
    assert prices() == (50, 50)
    dear.delete()
    assert prices() == (0, None)
