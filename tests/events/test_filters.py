"""What a reader may narrow the catalogue by."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from events.availability import Availability, Sale, level, sale_of
from events.filters import narrow, periods
from events.models.lifecycle import Status
from events.selectors.catalogue import list_catalogue
from tests.factories.events import make_category, make_event, make_ticket_type

NOW = timezone.now()
NOTHING = dict.fromkeys(
    (
        *("q", "category", "city", "date_from", "date_to", "preset", "price_min", "price_max", "free", "online"),
        *("has_seats", "language", "age_rating", "organizer", "status", "tags", "near", "radius_km", "min_rating"),
    )
)


def found(**wanted: Any) -> set[str]:
    today = wanted.pop("today", NOW.date())
    return {event.title for event in narrow(list_catalogue(now=NOW), NOTHING | wanted, today=today)}


@pytest.mark.django_db
class TestNarrow:
    @pytest.mark.parametrize("status", Status.values)
    def test_lists_only_what_is_published_or_running(self, status: str) -> None:
        make_event(title="One", status=status)

        assert found() == ({"One"} if status in ("published", "running") else set())

    def test_finds_a_category_with_those_below_it(self) -> None:
        water = make_category(slug="water")
        rivers = make_category(parent=water)
        rafting = make_category(parent=rivers)
        make_event(title="Rafting", category=rafting)
        make_event(title="Hike")

        assert found(category=water) == {"Rafting"}
        assert found(category=rafting) == {"Rafting"}

    def test_finds_a_city_however_it_is_written(self) -> None:
        make_event(title="Here", city="Чемал")
        make_event(title="There", city="Сочи")

        assert found(city=" чемал ") == {"Here"}

    @pytest.mark.parametrize(("km", "titles"), [("10", {"Here"}), ("60", {"Here", "Beside"})])
    def test_finds_what_is_around_a_city(self, api: APIClient, km: str, titles: set[str]) -> None:
        for title, city, latitude in (
            ("Here", "Чемал", "51.41"),
            ("Beside", "Узнезя", "51.60"),
            ("Far", "Сочи", "43.60"),
        ):
            make_event(title=title, city=city, latitude=Decimal(latitude), longitude=Decimal("86.00"))

        answer = api.get("/api/v1/events/", {"city": "чемал", "radius_km": km, "ordering": "distance"}).json()

        assert {one["title"] for one in answer["results"]} == titles
        assert answer["results"][0]["distance_km"] == 0

    def test_says_when_no_event_shows_where_a_city_is(self, api: APIClient) -> None:
        answer = api.get("/api/v1/events/", {"city": "Нигде", "radius_km": "50"})

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/radius_km")

    def test_finds_days_by_the_calendar_of_the_place(self) -> None:
        start = datetime(2030, 6, 14, 20, tzinfo=UTC)
        make_event(title="Moscow, the 14th", starts_at=start, time_zone="Europe/Moscow")
        make_event(title="Kamchatka, the 15th", starts_at=start, time_zone="Asia/Kamchatka")

        assert found(date_to=date(2030, 6, 14)) == {"Moscow, the 14th"}
        assert found(date_from=date(2030, 6, 15)) == {"Kamchatka, the 15th"}
        assert found(preset="today", today=date(2030, 6, 15)) == {"Kamchatka, the 15th"}

    def test_wants_one_type_inside_the_whole_price_range(self) -> None:
        event = make_event(title="Cheap and dear")
        make_ticket_type(event=event, price=100)
        make_ticket_type(event=event, price=900)

        assert found(price_min=Decimal(50), price_max=Decimal(100)) == {"Cheap and dear"}
        assert found(price_min=Decimal(900)) == {"Cheap and dear"}
        assert found(price_min=Decimal(200), price_max=Decimal(800)) == set()

    def test_tells_free_from_paid(self) -> None:
        make_ticket_type(event=make_event(title="Free"), price=0)
        make_ticket_type(event=make_event(title="Paid"), price=1)

        assert found(free=True) == {"Free"}
        assert found(free=False) == {"Paid"}

    def test_finds_a_ticket_for_nothing_beside_one_for_money_both_ways(self) -> None:
        event = make_event(title="Both")
        make_ticket_type(event=event, price=0)
        make_ticket_type(event=event, price=1000)
        make_event(title="No tickets yet")

        assert found(free=True) == {"Both"}
        assert found(free=False) == {"Both", "No tickets yet"}

    def test_tells_online_from_on_site(self) -> None:
        make_event(title="Online", online_url="https://example.com/")
        make_event(title="On site")

        assert found(online=True) == {"Online"}
        assert found(online=False) == {"On site"}

    def test_knows_who_has_seats(self) -> None:
        make_ticket_type(event=make_event(title="Free seats"), capacity=2, held=1)
        make_ticket_type(event=make_event(title="Sold out"), capacity=2, held=1, sold=1)
        make_ticket_type(event=make_event(title="Full as a whole", capacity=5, sold=5), capacity=9, sold=5)
        make_ticket_type(event=make_event(title="Closed"), sale_closes_at=NOW)
        make_ticket_type(event=make_event(title="Begun", starts_at=NOW - timedelta(hours=1), status=Status.RUNNING))

        assert found(has_seats=True) == {"Free seats"}
        assert found(has_seats=False) == {"Sold out", "Full as a whole", "Closed", "Begun"}

    def test_finds_by_language_age_and_organizer(self) -> None:
        one = make_event(title="One", language="en", age_rating="16+")
        make_event(title="Two")

        assert found(language="en") == {"One"}
        assert found(age_rating="16+") == {"One"}
        assert found(organizer=one.organizer_id) == {"One"}

    def test_finds_all_the_tags_that_are_asked_for(self) -> None:
        make_event(title="Both", tags=["с детьми", "катамаран"])
        make_event(title="One", tags=["катамаран"])
        make_event(title="None")

        assert found(tags=["катамаран"]) == {"Both", "One"}
        assert found(tags=["катамаран", "с детьми"]) == {"Both"}

    def test_finds_by_the_least_number_of_stars(self) -> None:
        make_event(title="Good", rating=Decimal("4.50"), rating_count=2)
        make_event(title="Bad", rating=Decimal("2.00"), rating_count=2)
        make_event(title="Unknown")

        assert found(min_rating=Decimal(4)) == {"Good"}

    @pytest.mark.parametrize(
        ("near", "radius_km", "names"),
        [
            ((51.40, 86.00), 5, {"Chemal"}),
            ((51.40, 86.00), 120, {"Chemal", "Gorno-Altaysk"}),
            ((-16.5, 179.9), 100, {"Fiji west", "Fiji east"}),
            ((-16.5, -179.9), 100, {"Fiji west", "Fiji east"}),
            ((89.9, 0), 300, {"The pole"}),
            ((0, 0), 10, set()),
        ],
    )
    def test_finds_within_a_radius(self, near: tuple[float, float], radius_km: int, names: set[str]) -> None:
        for title, latitude, longitude in (
            ("Chemal", "51.411", "86.003"),
            ("Gorno-Altaysk", "51.958", "85.960"),
            ("Fiji west", "-16.500", "179.500"),
            ("Fiji east", "-16.500", "-179.600"),
            ("The pole", "89.000", "180.000"),
        ):
            make_event(title=title, latitude=Decimal(latitude), longitude=Decimal(longitude))
        make_event(title="Nowhere")

        assert found(near=near, radius_km=radius_km) == names

    def test_measures_to_about_a_kilometre_where_the_address_is_closed(self) -> None:
        exact = {"latitude": Decimal("51.404999"), "longitude": Decimal("86.004999")}
        closed, public = make_event(**exact), make_event(address_is_public=True, **exact)

        distance = {
            event.id: event.distance_m
            for event in narrow(list_catalogue(now=NOW), NOTHING | {"near": (51.4, 86.0)}, today=NOW.date())
        }

        assert distance == {closed.id: 0, public.id: 655}

    def test_passes_over_the_wishes_that_are_counted(self) -> None:
        make_event(title="Here", city="Чемал")

        events = narrow(list_catalogue(now=NOW), NOTHING | {"city": "Сочи"}, today=NOW.date(), but=("city",))

        assert events.count() == 1


@pytest.mark.parametrize(
    ("today", "weekend"),
    [
        (date(2030, 6, 12), (date(2030, 6, 15), date(2030, 6, 16))),
        (date(2030, 6, 15), (date(2030, 6, 15), date(2030, 6, 16))),
        (date(2030, 6, 16), (date(2030, 6, 16), date(2030, 6, 16))),
    ],
)
def test_the_weekend_is_the_coming_one_or_what_is_left_of_it(today: date, weekend: tuple[date, date]) -> None:
    assert periods(today)["weekend"] == weekend


@pytest.mark.parametrize(
    ("left", "total", "word"),
    [(0, 10, "sold_out"), (-1, 10, "sold_out"), (1, 10, "available"), (9, 100, "few"), (10, 100, "available")],
)
def test_few_is_less_than_a_tenth(left: int, total: int, word: str) -> None:
    assert level(left=left, total=total) == Availability(word)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opens", "closes", "sale"),
    [
        (None, None, Sale.OPEN),
        (1, None, Sale.UPCOMING),
        (0, None, Sale.OPEN),
        (None, 0, Sale.CLOSED),
        (None, 1, Sale.OPEN),
    ],
)
def test_a_sale_is_derived_from_its_window(opens: int | None, closes: int | None, sale: Sale) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + timedelta(hours=hours)

    ticket_type = make_ticket_type(sale_opens_at=at(opens), sale_closes_at=at(closes))

    assert sale_of(ticket_type, ticket_type.event, now=NOW) == sale
