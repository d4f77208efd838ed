"""How PostgreSQL reads the catalogue: never the whole table for a page of a list."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bench.many_events import plant_events
from events.filters import narrow, ordering_of
from events.models import Category
from events.selectors.catalogue import list_catalogue, list_found, list_public_addresses
from tests.factories.accounts import make_organizer
from tests.factories.events import make_category

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

EVENTS = 6000
PAGE = 21
WHOLE_TABLE = "Seq Scan on events_event"


@pytest.fixture
def crowded() -> None:
    """Fill the catalogue, with fresh statistics and a fresh visibility map."""
    for number in range(12):
        make_category(slug=f"kind-{number}")
    for _ in range(8):
        make_organizer()
    with connection.cursor() as sql:
        plant_events(sql.execute, first=1, last=EVENTS)
        sql.execute("VACUUM ANALYZE events_event, events_tickettype")


def wishes() -> dict[str, dict[str, Any]]:
    """Return what is asked for, by the name of the question."""
    today = date.today()  # noqa: DTZ011  (the generator counts from the database's day)
    return {
        "everything": {},
        "words": {"q": "байдарка", "ordering": "relevance"},
        "words of two languages": {"q": "rafting катунь", "ordering": "relevance"},
        "the beginning of a word": {"q": "вертол", "ordering": "relevance"},
        "a phrase": {"q": '"байдарка на воде"', "ordering": "relevance"},
        "words, the soonest first": {"q": "котелок", "ordering": "soonest"},
        "newest": {"ordering": "newest"},
        "cheapest": {"ordering": "price"},
        "best": {"ordering": "rating"},
        "popular": {"ordering": "popularity"},
        "category": {"category": Category.objects.get(slug="kind-3")},
        "city": {"city": "чемал"},
        "tags": {"tags": ["рекорд", "зима"]},
        "days": {"date_from": today + timedelta(days=9), "date_to": today + timedelta(days=11)},
        "weekend": {"preset": "weekend"},
        "price range": {"price_min": Decimal(500), "price_max": Decimal(700)},
        "free": {"free": True},
        "online": {"online": True},
        "around": {"near": (55.0, 60.0), "radius_km": 60, "ordering": "distance"},
        "stars": {"min_rating": Decimal("4.9"), "ordering": "rating"},
        "with seats": {"has_seats": True},
    }


def test_no_list_reads_the_whole_table(crowded: None) -> None:
    now = timezone.now()
    reading_all = {}
    for name, wish in wishes().items():
        of_page, of_api = list_catalogue(now=now), list_found(now=now, with_seats="has_seats" in wish)
        for door, listed in (("page", of_page), ("API", of_api)):
            found = narrow(listed, wish, today=now.date())
            ordered = found.order_by(*ordering_of(wish.get("ordering"), searching="q" in wish))
            plan = ordered[:PAGE].explain()
            if WHOLE_TABLE in plan:
                reading_all[f"{name}, {door}"] = plan

    assert reading_all == {}
    assert WHOLE_TABLE not in list_public_addresses()[:PAGE].explain()
