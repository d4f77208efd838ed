"""The catalogue and single events through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from icalendar import Calendar
from rest_framework.test import APIClient

from events.models import Event, Favorite
from events.models.lifecycle import Status
from tests.events.api.conftest import CALLERS
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

CLOSED = {"address": "Secret street 1", "contact": "+7 900 000-00-00", "online_url": "https://example.com/room"}
Calling = Callable[..., APIClient]


def body(**more: Any) -> dict[str, Any]:
    start = timezone.now() + timedelta(days=20)
    known = {
        "title": "Сплав по Катуни",
        "category": make_category().slug,
        "city": "Чемал",
        "venue": "Лагерь",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=5)).isoformat(),
        "time_zone": "Asia/Barnaul",
        "refund_policy": {"bands": [{"hours_before": 48, "percent": 50}, {"hours_before": 168, "percent": 100}]},
        "ticket_types": [
            {"name": "Adult", "price": {"amount": "4500.00", "currency": "RUB"}, "capacity": 20},
            {"name": "Child", "price": {"amount": "2500.00", "currency": "RUB"}, "capacity": 5},
        ],
    }
    return known | more


def pointers(response: Any) -> set[str]:
    return {error["pointer"] for error in response.json()["errors"]}


class TestCatalogue:
    def test_shows_cards_to_guests(self, api: APIClient) -> None:
        event = make_event(title="Rafting", starts_at=timezone.now() + timedelta(days=1))
        make_ticket_type(event=event, price=900)
        make_ticket_type(event=event, price=400)

        [card] = api.get("/api/v1/events/").json()["results"]

        assert card["id"] == str(event.id)
        assert card["price_from"] == {"amount": "400.00", "currency": "RUB"}
        assert card["availability"] == "available"
        assert "address" not in card

    @pytest.mark.parametrize(
        "wish",
        [
            *("category=nowhere", "free=perhaps", "online=1", "language=fr", "age_rating=7", "organizer=me"),
            *("preset=yesterday", "price_min=-1", "price_min=200&price_max=100", "min_rating=6", "ordering=random"),
            *("date_from=2030-06-02&date_to=2030-06-01", "date_from=soon", "near=here", "near=91,0", "near=51,181"),
            *("near=51", "near=%00", "radius_km=5", "near=51,86&radius_km=9999", "ordering=distance", "status=gone"),
            *("tags=" + ",".join("abcdefghijk"), "has_seats=maybe", "q=" + "я" * 201, "colour=blue", "facets=2"),
        ],
    )
    def test_refuses_a_wish_that_it_does_not_understand(self, api: APIClient, wish: str) -> None:
        response = api.get(f"/api/v1/events/?{wish}")

        name = wish.rsplit("&", maxsplit=1)[-1].split("=", maxsplit=1)[0]
        assert response.status_code == 400
        assert f"/{name}" in pointers(response) or "/near" in pointers(response)

    def test_tells_how_far_it_is_and_how_many_stars_it_has(self, api: APIClient) -> None:
        make_event(latitude="51.41", longitude="86.00", rating="4.50", rating_count=2)

        [card] = api.get("/api/v1/events/?near=51.40,86.00&radius_km=10").json()["results"]

        assert (card["distance_km"], card["rating"]) == (1.1, "4.50")

    @pytest.mark.parametrize("events", [1, 12])
    def test_asks_the_database_the_same_number_of_times(
        self, api: APIClient, events: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(events):
            make_ticket_type()

        # What is found, and its cards.
        with django_assert_num_queries(2):
            response = api.get("/api/v1/events/?q=event&has_seats=true&free=false")

        assert len(response.json()["results"]) == events

    @pytest.mark.parametrize(
        "ordering", ["soonest", "newest", "price", "relevance", "rating", "popularity", "distance"]
    )
    def test_pages_through_everything_once(self, api: APIClient, ordering: str) -> None:
        start = timezone.now() + timedelta(days=3)
        for number in range(7):
            event = make_event(
                title="River",
                starts_at=start + timedelta(hours=number // 2),
                popularity=number // 3,
                rating_score=4 + number // 4,
                latitude=51 + number // 3,
                longitude=86,
            )
            make_ticket_type(event=event, price=number // 3)

        seen: list[str] = []
        url: str | None = f"/api/v1/events/?ordering={ordering}&page_size=2" + "&q=river" * (ordering == "relevance")
        url += "&near=51,86&radius_km=500" * (ordering == "distance")
        while url:
            page = api.get(url).json()
            seen += [card["id"] for card in page["results"]]
            url = page["next"]

        assert len(seen) == len(set(seen)) == 7

    def test_orders_as_asked(self, api: APIClient) -> None:
        now = timezone.now()
        dear = make_event(starts_at=now + timedelta(days=1), published_at=now - timedelta(days=9))
        cheap = make_event(starts_at=now + timedelta(days=2), published_at=now - timedelta(days=1))
        make_ticket_type(event=dear, price=900)
        make_ticket_type(event=cheap, price=400)

        def first(ordering: str) -> str:
            return api.get(f"/api/v1/events/?ordering={ordering}").json()["results"][0]["id"]

        assert first("soonest") == str(dear.id)
        assert first("newest") == str(cheap.id)
        assert first("price") == str(cheap.id)

    def test_shows_the_words_around_a_match(self, api: APIClient) -> None:
        make_event(description="Вечером **костёр** у реки")

        [card] = api.get("/api/v1/events/", {"q": "река"}).json()["results"]

        assert card["snippet"] == "Вечером костёр у <mark>реки</mark>"

    @pytest.mark.parametrize(
        "query",
        [
            "category=nowhere",
            "ordering=random",
            "preset=never",
            "free=perhaps",
            "date_from=tomorrow",
            "price_min=-1",
            "price_max=cheap",
            "organizer=me",
            "age_rating=3%2B",
            "language=tlh",
            "status=asleep",
            "q=%00",
        ],
    )
    def test_refuses_an_unknown_value(self, api: APIClient, query: str) -> None:
        response = api.get(f"/api/v1/events/?{query}")

        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert pointers(response) == {"/" + query.partition("=")[0]}

    def test_refuses_a_cursor_of_its_own_making(self, api: APIClient) -> None:
        assert api.get("/api/v1/events/?cursor=zzz").json()["code"] == "invalid_cursor"

    def test_shows_members_their_own_in_any_status(self, calling: Calling) -> None:
        draft = make_event(status=Status.DRAFT)
        make_event(status=Status.DRAFT)
        owner = calling("owner", draft)

        mine = owner.get("/api/v1/events/?mine=true&status=draft").json()["results"]

        assert [card["id"] for card in mine] == [str(draft.id)]
        assert owner.get("/api/v1/events/?status=draft").json()["results"] == []

    def test_shows_a_guest_no_events_of_their_own(self, api: APIClient) -> None:
        make_event()

        assert api.get("/api/v1/events/?mine=true").json()["results"] == []


class TestCreate:
    def test_makes_a_draft_with_its_types(self, calling: Calling) -> None:
        owner = calling("owner", make_event())

        response = owner.post("/api/v1/events/", body())

        created = response.json()
        assert response.status_code == 201
        assert response["ETag"] == '"v1"'
        assert (created["status"], created["version"]) == ("draft", 1)
        assert [one["name"] for one in created["ticket_types"]] == ["Adult", "Child"]
        assert created["refund_policy"]["bands"][0] == {"hours_before": 168, "percent": 100}

    def test_takes_a_draft_without_a_refund_policy(self, calling: Calling) -> None:
        owner = calling("owner", make_event())
        unfinished = {name: value for name, value in body().items() if name != "refund_policy"}

        created = owner.post("/api/v1/events/", unfinished)

        assert (created.status_code, created.json()["refund_policy"]) == (201, None)
        assert owner.get(f"/api/v1/events/{created.json()['id']}/").status_code == 200

    def test_asks_a_guest_to_sign_in(self, api: APIClient) -> None:
        assert api.post("/api/v1/events/", body()).status_code == 401

    def test_refuses_a_user_without_an_organizer(self, calling: Calling) -> None:
        assert calling("user", make_event()).post("/api/v1/events/", body()).status_code == 403

    def test_refuses_the_organizer_of_somebody_else_as_if_there_were_none(self, calling: Calling) -> None:
        owner = calling("owner", make_event())

        assert owner.post("/api/v1/events/", body(organizer=str(make_organizer().id))).status_code == 404

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"title": ""}, "/title"),
            ({"category": "nowhere"}, "/category"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"starts_at": "9999-12-31T23:59:59Z"}, "/starts_at"),
            ({"starts_at": "soon"}, "/starts_at"),
            ({"online_url": "javascript:alert(1)"}, "/online_url"),
            ({"online_url": "ftp://example.com/"}, "/online_url"),
            ({"latitude": "91", "longitude": "0"}, "/latitude"),
            ({"latitude": "51"}, "/longitude"),
            ({"capacity": -1}, "/capacity"),
            ({"tags": ["x"] * 11}, "/tags"),
            ({"title": "nul\u0000"}, "/title"),
            ({"title": "river\u202egnitfar"}, "/title"),
            ({"summary": "two\nlines"}, "/summary"),
            ({"city": "a\u2066b"}, "/city"),
            ({"venue": "bell\u0007"}, "/venue"),
            ({"address": "a\u2028b"}, "/address"),
            ({"contact": "a\u0085b"}, "/contact"),
            ({"tags": ["sea", "\u202bsea"]}, "/tags/1"),
            (
                {"ticket_types": [{"name": "A\u202eB", "price": {"amount": "1", "currency": "RUB"}, "capacity": 1}]},
                "/ticket_types/0/name",
            ),
            ({"currency": "XXX"}, "/currency"),
            ({"refund_policy": {}}, "/refund_policy/bands"),
            ({"refund_policy": {"bands": [{"percent": 50}]}}, "/refund_policy/bands/0/hours_before"),
            (
                {"refund_policy": {"bands": [{"hours_before": 9, "percent": 10}, {"hours_before": 1, "percent": 20}]}},
                "/refund_policy/bands",
            ),
            (
                {"ticket_types": [{"name": "A", "price": {"amount": "1"}, "capacity": 1}]},
                "/ticket_types/0/price/currency",
            ),
            (
                {"ticket_types": [{"name": "A", "price": {"amount": "-1", "currency": "RUB"}, "capacity": 1}]},
                "/ticket_types/0/price/amount",
            ),
            (
                {"ticket_types": [{"name": "A", "price": {"amount": "NaN", "currency": "RUB"}, "capacity": 1}]},
                "/ticket_types/0/price/amount",
            ),
            (
                {"ticket_types": [{"name": "A", "price": {"amount": "1", "currency": "EUR"}, "capacity": 1}]},
                "/ticket_types/0/price/currency",
            ),
        ],
    )
    def test_points_at_what_is_wrong(self, calling: Calling, wrong: dict[str, Any], pointer: str) -> None:
        response = calling("owner", make_event()).post("/api/v1/events/", body(**wrong))

        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert pointers(response) == {pointer}

    def test_leaves_joiners_marks_of_direction_and_lines_where_they_belong(self, calling: Calling) -> None:
        told = {"title": "👨\u200d👩\u200d👧 שלום\u200f!", "description": "Two\n\nparagraphs"}

        response = calling("owner", make_event()).post("/api/v1/events/", body(**told))

        assert {name: response.json()[name] for name in told} == told


class TestRead:
    @pytest.mark.parametrize("caller", CALLERS)
    def test_shows_closed_details_only_to_who_may_see_them(self, calling: Calling, caller: str) -> None:
        event = make_event(latitude="51.41", longitude="86.00", **CLOSED)

        shown = calling(caller, event).get(f"/api/v1/events/{event.id}/").json()

        inside = caller in ("booker", "owner", "manager", "door", "administrator")
        assert shown["details"] == ("full" if inside else "limited")
        assert {name: shown[name] for name in CLOSED} == (CLOSED if inside else dict.fromkeys(CLOSED))
        assert (shown["latitude"] is not None) == inside

    def test_shows_everyone_an_address_that_is_public_but_no_link(self, api: APIClient) -> None:
        event = make_event(address_is_public=True, **CLOSED)

        shown = api.get(f"/api/v1/events/{event.id}/").json()

        assert (shown["address"], shown["online_url"], shown["contact"]) == ("Secret street 1", None, None)

    @pytest.mark.parametrize("caller", CALLERS)
    @pytest.mark.parametrize("status", Status.values)
    def test_hides_drafts_and_what_was_taken_down(self, calling: Calling, caller: str, status: str) -> None:
        event = make_event(status=status)

        response = calling(caller, event).get(f"/api/v1/events/{event.id}/")

        hidden = status in ("draft", "suspended")
        inside = caller in ("owner", "manager", "door", "administrator")
        told = inside or (caller == "booker" and status == "suspended")
        assert response.status_code == (404 if hidden and not told else 200)

    def test_tells_those_who_have_booked_that_it_is_taken_down_and_no_more(self, calling: Calling) -> None:
        event = make_event(status=Status.SUSPENDED, status_reason="Fraud?", **CLOSED)

        shown = calling("booker", event).get(f"/api/v1/events/{event.id}/").json()
        inside = calling("door", event).get(f"/api/v1/events/{event.id}/").json()

        assert {name: shown[name] for name in CLOSED} == dict.fromkeys(CLOSED)
        assert (shown["status"], shown["status_reason"], shown["details"]) == ("suspended", "", "limited")
        assert inside["status_reason"] == "Fraud?"

    @pytest.mark.parametrize("types", [1, 9])
    def test_asks_the_database_the_same_number_of_times(
        self, api: APIClient, types: int, django_assert_num_queries: Any
    ) -> None:
        event = make_event()
        for _ in range(types):
            make_ticket_type(event=event)

        with django_assert_num_queries(2):
            api.get(f"/api/v1/events/{event.id}/")

    def test_gives_an_etag_for_the_next_change(self, api: APIClient) -> None:
        response = api.get(f"/api/v1/events/{make_event(version=7).id}/")

        assert response["ETag"] == '"v7"'
        assert response["Cache-Control"] == "private, no-cache"

    def test_tells_numbers_to_the_organizer_only(self, calling: Calling) -> None:
        event = make_event(capacity=50)
        make_ticket_type(event=event, capacity=20, held=1, sold=18)

        outside = calling("user", event).get(f"/api/v1/events/{event.id}/").json()
        inside = calling("owner", event).get(f"/api/v1/events/{event.id}/").json()

        assert (outside["capacity"], outside["ticket_types"][0]["seats"]) == (None, None)
        assert outside["ticket_types"][0]["availability"] == "few"
        assert inside["capacity"] == 50
        assert inside["ticket_types"][0]["seats"] == {"capacity": 20, "held": 1, "sold": 18, "left": 1}


class TestChange:
    def test_changes_with_the_version_that_was_read(self, calling: Calling) -> None:
        event = make_event()

        response = calling("manager", event).patch(
            f"/api/v1/events/{event.id}/", {"title": "New"}, headers={"If-Match": '"v1"'}
        )

        assert (response.status_code, response.json()["title"], response["ETag"]) == (200, "New", '"v2"')

    @pytest.mark.parametrize(
        ("version", "status", "code"),
        [(None, 428, "version_required"), ('"v9"', 412, "stale_version"), ("v1", 400, "invalid")],
    )
    def test_refuses_a_wrong_version(self, calling: Calling, version: str | None, status: int, code: str) -> None:
        event = make_event()
        headers = {} if version is None else {"If-Match": version}

        response = calling("owner", event).patch(f"/api/v1/events/{event.id}/", {"title": "New"}, headers=headers)

        assert (response.status_code, response.json()["code"]) == (status, code)

    @pytest.mark.parametrize(
        ("caller", "status"),
        [
            ("guest", 401),
            ("user", 404),
            ("booker", 404),
            ("foreign_owner", 404),
            ("staff", 404),
            ("door", 403),
            ("manager", 200),
            ("owner", 200),
            ("administrator", 200),
        ],
    )
    def test_lets_only_those_who_manage_it(self, calling: Calling, caller: str, status: int) -> None:
        event = make_event()

        response = calling(caller, event).patch(
            f"/api/v1/events/{event.id}/", {"title": "New"}, headers={"If-Match": '"v1"'}
        )

        assert response.status_code == status
        assert Event.objects.get(id=event.id).title == ("New" if status == 200 else event.title)

    def test_replaces_a_policy_as_a_whole(self, calling: Calling) -> None:
        event = make_event()

        response = calling("owner", event).patch(
            f"/api/v1/events/{event.id}/",
            {"refund_policy": {"bands": [{"percent": 5}]}},
            headers={"If-Match": '"v1"'},
        )

        assert (response.status_code, pointers(response)) == (400, {"/refund_policy/bands/0/hours_before"})


class TestAvailability:
    def test_is_coarse_for_guests_and_exact_for_the_organizer(self, calling: Calling) -> None:
        event = make_event()
        make_ticket_type(event=event, capacity=20, sold=19)
        make_ticket_type(event=event, capacity=10, held=10)

        outside = calling("guest", event).get(f"/api/v1/events/{event.id}/availability/").json()
        inside = calling("door", event).get(f"/api/v1/events/{event.id}/availability/").json()

        assert (outside["availability"], outside["seats"]) == ("few", None)
        assert [one["availability"] for one in outside["ticket_types"]] == ["few", "sold_out"]
        assert inside["seats"] == {"capacity": 30, "held": 10, "sold": 19, "left": 1}

    def test_hides_a_draft(self, api: APIClient) -> None:
        assert api.get(f"/api/v1/events/{make_event(status=Status.DRAFT).id}/availability/").status_code == 404


class TestCalendar:
    def test_gives_a_file_in_the_events_own_zone_without_its_address(self, api: APIClient) -> None:
        event = make_event(time_zone="Asia/Barnaul", **CLOSED)

        response = api.get(f"/api/v1/events/{event.id}.ics")

        [entry] = Calendar.from_ical(response.content).walk("VEVENT")
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert entry["DTSTART"].dt == event.starts_at.replace(microsecond=0)
        assert entry["DTSTART"].params["TZID"] == "Asia/Barnaul"
        assert entry["LOCATION"] == "Лагерь на Катуни, Горно-Алтайск"

    def test_names_the_address_to_who_has_booked(self, calling: Calling) -> None:
        event = make_event(**CLOSED)

        file = calling("booker", event).get(f"/api/v1/events/{event.id}.ics").content

        [entry] = Calendar.from_ical(file).walk("VEVENT")
        assert entry["LOCATION"] == "Лагерь на Катуни, Горно-Алтайск, Secret street 1"

    def test_says_when_an_event_is_off(self, api: APIClient) -> None:
        event = make_event(status=Status.CANCELLED)

        assert "STATUS:CANCELLED" in api.get(f"/api/v1/events/{event.id}.ics").content.decode()


class TestFavorites:
    def test_keeps_lists_and_forgets(self, calling: Calling) -> None:
        event = make_event()
        user = calling("user", event)

        for _ in range(2):
            assert user.put(f"/api/v1/events/{event.id}/favorite/").status_code == 204
        kept = user.get("/api/v1/me/favorites/").json()["results"]
        for _ in range(2):
            assert user.delete(f"/api/v1/events/{event.id}/favorite/").status_code == 204

        assert [card["id"] for card in kept] == [str(event.id)]
        assert not Favorite.objects.exists()

    @pytest.mark.parametrize("events", [1, 9])
    def test_asks_the_database_the_same_number_of_times(
        self, api: APIClient, events: int, django_assert_num_queries: Any
    ) -> None:
        user = make_user()
        for _ in range(events):
            Favorite.objects.create(user=user, event=make_ticket_type().event)
        api.force_authenticate(user)

        with django_assert_num_queries(1):
            response = api.get("/api/v1/me/favorites/")

        assert len(response.json()["results"]) == events

    def test_leaves_out_what_was_taken_down(self, api: APIClient) -> None:
        user = make_user()
        Favorite.objects.create(user=user, event=make_event(status=Status.SUSPENDED))
        api.force_authenticate(user)

        assert api.get("/api/v1/me/favorites/").json()["results"] == []

    def test_shows_nobody_the_favourites_of_others(self, calling: Calling) -> None:
        event = make_event()
        Favorite.objects.create(user=make_user(), event=event)

        assert calling("user", event).get("/api/v1/me/favorites/").json()["results"] == []

    def test_asks_a_guest_to_sign_in(self, api: APIClient) -> None:
        event = make_event()

        assert api.put(f"/api/v1/events/{event.id}/favorite/").status_code == 401
        assert api.get("/api/v1/me/favorites/").status_code == 401

    def test_refuses_what_the_user_may_not_see(self, calling: Calling) -> None:
        event = make_event(status=Status.DRAFT)

        assert calling("user", event).put(f"/api/v1/events/{event.id}/favorite/").status_code == 404


class TestCategories:
    def test_lists_the_tree_in_the_readers_language(self, api: APIClient, django_assert_num_queries: Any) -> None:
        water = make_category(slug="water", name_ru="Вода", name_en="Water", position=1)
        make_category(slug="sup", name_ru="Сапы", name_en="SUP", parent=water, position=2)

        with django_assert_num_queries(1):
            listed = api.get("/api/v1/categories/", headers={"Accept-Language": "en"}).json()

        assert listed == [
            {"slug": "water", "name": "Water", "parent": None, "position": 1},
            {"slug": "sup", "name": "SUP", "parent": "water", "position": 2},
        ]
