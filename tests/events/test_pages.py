"""The catalogue and the event's page as a browser gets them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from accounts.models import Organizer, User
from bookings.models import Booking
from events.catalogue_cache import forget_catalogue
from events.markdown import render_markdown
from events.models import Event, EventAccess, Favorite, TicketType
from events.models.lifecycle import Status
from events.pages import event_parts, views
from events.templatetags import event_words
from tests.factories.accounts import make_organizer, make_user
from tests.factories.bookings import hold
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def url(event: Event) -> str:
    return f"/events/{event.slug}-{event.id}/"


def text(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def english(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def signed_in(english: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        english.force_login(user)
        return english

    return sign_in


class TestCatalogue:
    def test_shows_what_can_be_gone_to(self, english: Client) -> None:
        event = make_ticket_type(event=make_event(title="Rafting"), price=1500).event
        make_event(title="Hidden", status=Status.DRAFT)

        page = text(english.get("/"))

        assert "Rafting" in page
        assert url(event) in page
        assert "from 1,500\N{NO-BREAK SPACE}₽" in page
        assert "Hidden" not in page

    @pytest.mark.parametrize("events", [1, 12])
    def test_asks_the_database_the_same_number_of_times(
        self, english: Client, events: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(events):
            make_ticket_type()

        # The number found, what is found, its cards, all facets at once, the tree twice.
        with django_assert_num_queries(6):
            english.get("/")
        with django_assert_num_queries(0):
            english.get("/")

    def test_searches_and_shows_the_match(self, english: Client) -> None:
        make_event(title="Rafting", description="Вечер у реки")
        make_event(title="Hike")

        page = text(english.get("/", {"q": "река"}))

        assert "<mark>реки</mark>" in page
        assert "Rafting" in page
        assert "Hike" not in page

    def test_shows_nothing_that_a_browser_would_run(self, english: Client) -> None:
        make_event(title="<script>alert(1)</script>", description="river <img src=x onerror=alert(1)>")

        page = text(english.get("/", {"q": 'river"><script>alert(2)</script>'})) + text(english.get("/?q=river"))

        assert "<script>alert" not in page
        assert "<img src=x" not in page

    def test_counts_what_each_chip_leaves(self, english: Client) -> None:
        make_event(category=make_category(slug="sup", name_en="SUP"))

        page = text(english.get("/"))

        assert re.search(r'href="\?category=sup".*?SUP <span class="chip__count">1</span>', page, re.DOTALL)

    def test_drops_a_wish_that_makes_no_sense(self, english: Client) -> None:
        make_event(title="Rafting")

        response = english.get("/?date_from=tomorrow&category=nowhere&free=perhaps&price_max=x&mine=true&page=zzz")

        assert response.status_code == 200
        assert "Rafting" in text(response)

    def test_says_when_nothing_matches(self, english: Client) -> None:
        assert "Still water" in text(english.get("/?q=zzzz"))

    def test_turns_pages(self, english: Client) -> None:
        for _ in range(25):
            make_event()

        assert "?page=2" in text(english.get("/"))
        assert "2 / 2" in text(english.get("/?page=2"))

    def test_speaks_russian(self, client: Client) -> None:
        for _ in range(2):
            make_event()

        page = text(client.get("/", headers={"Accept-Language": "ru"}))

        assert "2 события" in page
        assert "Найти" in page

    def test_shows_what_enters_the_catalogue_as_soon_as_it_is_told(self, english: Client) -> None:
        before = text(english.get("/"))
        make_event(title="Katun by night")
        untold = text(english.get("/"))
        forget_catalogue()

        assert ["Katun by night" in page for page in (before, untold, text(english.get("/")))] == [False, False, True]

    def test_gives_each_guest_their_own_language_and_token(self) -> None:
        make_event(title="Rafting")

        pages = [text(Client(headers={"Accept-Language": code}).get("/")) for code in ("en", "ru", "en")]

        tokens = [re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
        assert ["1 event" in page for page in pages] == [True, False, True]
        assert ["1 событие" in page for page in pages] == [False, True, False]
        assert len({tuple(one) for one in tokens}) == 3

    def test_reads_the_same_put_together_from_its_frame_as_rendered_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_event(title='<b>A & "B"</b>', summary="1 < 2 & 3")
        addresses = ["/", "/?q=<b>&x='1'&near=51.4,86", "/?page=7&ordering=newest&free=nonsense"]

        def pages() -> list[str]:
            asked = (Client(headers={"Accept-Language": code}).get(one) for code in ("en", "ru") for one in addresses)
            return [re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", text(one)) for one in asked]

        framed = pages()
        monkeypatch.setattr(views, "is_told_something", lambda request: True)

        assert framed == pages()
        assert "&lt;b&gt;A &amp; " in framed[0]

    def test_shows_nobodys_favourites_to_a_guest(self, english: Client, signed_in: Callable[[User], Client]) -> None:
        event, user = make_event(), make_user()
        Favorite.objects.create(user=user, event=event)

        theirs = text(signed_in(user).get("/"))
        everybodys = text(Client(headers={"Accept-Language": "en"}).get("/"))

        assert ("In favourites" in theirs, "In favourites" in everybodys) == (True, False)

    def test_marks_favourites(self, signed_in: Callable[[User], Client]) -> None:
        user = make_user()
        Favorite.objects.create(user=user, event=make_event())

        assert "In favourites" in text(signed_in(user).get("/"))

    @pytest.mark.parametrize(
        ("seats", "flag"), [({"sold": 0}, None), ({"sold": 91}, "Few left"), ({"sold": 100}, "Sold out")]
    )
    def test_says_how_many_are_left_without_numbers(
        self, english: Client, seats: dict[str, int], flag: str | None
    ) -> None:
        make_ticket_type(capacity=100, **seats)

        page = text(english.get("/"))

        assert {one for one in ("Few left", "Sold out") if one in page} == ({flag} if flag else set())

    def test_offers_the_nearest_first_only_where_there_is_a_point(self, english: Client) -> None:
        make_event(city="Чемал", latitude=Decimal("51.41"), longitude=Decimal("86.00"))

        nearest = 'value="distance"'
        assert nearest not in text(english.get("/"))
        assert nearest not in text(english.get("/?city=Чемал&ordering=distance"))
        assert nearest in text(english.get("/?near=51.5,86.0"))
        assert nearest in text(english.get("/?city=Чемал&radius_km=50"))

    def test_shows_how_many_each_age_and_language_leaves(self, english: Client) -> None:
        for age_rating, language in (("6+", "ru"), ("6+", "en"), ("18+", "en")):
            make_event(age_rating=age_rating, language=language)

        page = text(english.get("/?age_rating=6%2B"))

        assert re.search(r'value="6\+"\s+selected>6\+ \(2\)', page)
        assert "18+ (1)" in page
        assert "English (1)" in page

    def test_offers_tags_and_lets_them_go_again(self, english: Client) -> None:
        make_event(title="Both", tags=["зима", "с детьми"])
        make_event(title="One", tags=["зима"])

        page = text(english.get("/?tags=зима"))
        narrower = text(english.get("/?tags=зима,с детьми"))

        assert re.search(r'href="/"\s+aria-current="true">#зима', page)
        assert f'href="?tags={quote_plus("зима,с детьми")}"' in page
        assert '>#с детьми <span class="chip__count">1</span>' in page
        assert ("Both" in narrower, ">One<" in narrower) == (True, False)

    @pytest.mark.parametrize(
        ("wish", "found"), [("min_rating=4", {"Good"}), ("min_rating=3", {"Good", "Fair"}), ("age_rating=18%2B", set())]
    )
    def test_finds_by_stars_and_age(self, english: Client, wish: str, found: set[str]) -> None:
        for title, rating in (("Good", "4.2"), ("Fair", "3.1"), ("New", None)):
            make_event(title=title, rating=rating and Decimal(rating), rating_count=1 if rating else 0)

        page = text(english.get(f"/?{wish}"))

        assert {one for one in ("Good", "Fair", "New") if f">{one}<" in page} == found

    def test_tells_how_many_have_so_many_stars(self, english: Client) -> None:
        for rating in ("4.2", "4.6", "3.1"):
            make_event(rating=Decimal(rating), rating_count=1)

        page = text(english.get("/?min_rating=4.5"))

        assert re.findall(r"([\d.]+) ★ and more \((\d)\)", page) == [("3", "3"), ("4", "2"), ("4.5", "1")]

    def test_keeps_every_wish_that_has_no_field_when_the_form_is_sent(self, english: Client) -> None:
        make_event(
            city="Чемал", latitude=Decimal("51.41"), longitude=Decimal("86.00"), category=make_category(slug="sup")
        )

        page = text(english.get("/?near=51.5,86.0&category=sup&price_min=0"))

        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        assert {name: hidden.get(name) for name in ("near", "category", "price_min")} == {
            "near": "51.5,86.0",
            "category": "sup",
            "price_min": "0",
        }

    def test_says_nothing_of_seats_behind_an_access_code(self, english: Client) -> None:
        closed = make_ticket_type(event=make_event(title="Open one"), capacity=10, sold=10).event
        make_ticket_type(event=closed, access_code="wave", capacity=100)
        make_ticket_type(event=make_event(title="For friends"), access_code="wave", sold=10)

        page = text(english.get("/"))

        assert page.count("Sold out") == 1
        assert ">Open one<" not in text(english.get("/?has_seats=true"))


class TestEventPage:
    def test_is_found_by_its_short_address(self, english: Client) -> None:
        event = make_event(slug="rafting")

        assert english.get(f"/events/{event.id}/")["Location"] == url(event)
        assert english.get(f"/events/another-name-{event.id}/")["Location"] == url(event)
        assert english.get(url(event)).status_code == 200

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SUSPENDED])
    def test_is_not_there_for_guests_while_hidden(self, english: Client, status: Status) -> None:
        event = make_event(status=status)

        assert english.get(url(event)).status_code == 404
        assert english.get(f"/events/{event.id}/").status_code == 404

    def test_shows_a_member_their_draft(self, signed_in: Callable[[User], Client]) -> None:
        owner = make_user()
        draft = make_event(organizer=make_organizer(owner=owner), status=Status.DRAFT)

        page = text(signed_in(owner).get(url(draft)))

        assert "A draft" in page
        assert "noindex" in page

    @pytest.mark.parametrize("types", [1, 9])
    def test_asks_the_database_the_same_number_of_times(
        self, english: Client, types: int, django_assert_num_queries: Any
    ) -> None:
        event = make_event()
        for _ in range(types):
            make_ticket_type(event=event)

        with django_assert_num_queries(2):
            english.get(url(event))

    def test_keeps_the_address_for_those_who_booked(self, signed_in: Callable[[User], Client]) -> None:
        event = make_event(address="Secret street 1", online_url="https://example.com/room", contact="Ann")
        guest, booker = make_user(), make_user()
        EventAccess.objects.create(user=booker, event=event)

        outside, inside = text(signed_in(guest).get(url(event))), text(signed_in(booker).get(url(event)))

        closed = ("Secret street 1", "https://example.com/room")
        assert [one in outside for one in closed] == [False, False]
        assert [one in inside for one in closed] == [True, True]

    def test_tells_those_who_booked_that_it_is_taken_down(self, signed_in: Callable[[User], Client]) -> None:
        event = make_event(status=Status.SUSPENDED, status_reason="Fraud?", address="Secret street 1")
        make_ticket_type(event=event)
        booker = make_user()
        EventAccess.objects.create(user=booker, event=event)

        page = text(signed_in(booker).get(url(event)))

        assert "taken down for now" in page
        assert "Show my booking" in page
        assert [one in page for one in ("Fraud?", "Secret street 1", "You are going")] == [False] * 3
        assert signed_in(make_user()).get(url(event)).status_code == 404

    @pytest.mark.parametrize(
        ("reviews", "words"), [(1, "1 review<"), (12, "12 reviews<"), (0, "by other events of the organizer")]
    )
    def test_shows_its_stars_and_how_many_gave_them(self, english: Client, reviews: int, words: str) -> None:
        page = text(english.get(url(make_event(rating="4.67", rating_count=reviews))))

        assert words in page
        assert ">Rated 4.7 of 5<" in page
        assert ('href="#reviews"' in page) == bool(reviews)

    def test_shows_no_stars_where_nobody_gave_any(self, english: Client) -> None:
        assert "event__rating" not in text(english.get(url(make_event())))

    def test_offers_a_signed_in_user_a_form(self, signed_in: Callable[[User], Client]) -> None:
        ticket_type = make_ticket_type(max_per_booking=4)
        sold_out = make_ticket_type(event=ticket_type.event, sold=10)

        page = text(signed_in(make_user()).get(url(ticket_type.event)))

        assert f'action="/events/{ticket_type.event_id}/book/"' in page
        assert f'name="quantity-{ticket_type.id}"' in page
        assert 'max="4"' in page
        assert re.search(rf'disabled\s+id="quantity-{sold_out.id}"', page)

    def test_asks_a_guest_to_sign_in_and_come_back(self, english: Client) -> None:
        event = make_ticket_type().event

        page = text(english.get(url(event)))

        assert f"?next={url(event)}" in page
        assert "quantity-" not in page.replace('for="quantity-', "")

    def test_carries_the_access_code_through_other_pages(self, signed_in: Callable[[User], Client]) -> None:
        event = make_ticket_type(access_code="Big Wave", name="Friends").event
        guest = Client(headers={"Accept-Language": "en"})
        code = "?access_code=big+wave"

        short = guest.get(f"/events/{event.id}/{code}")
        page = text(guest.get(short["Location"]))
        kept = signed_in(make_user()).post(f"/events/{event.id}/favorite/", {"access_code": "big wave"})

        assert short["Location"] == url(event) + code
        assert "Friends" in page
        assert page.count(f"?next={quote(url(event) + code)}") == 2
        assert f"/events/{event.id}/waitlist/{code}" in page
        assert kept["Location"] == f"/events/{event.id}/{code}"

    def test_leads_back_to_a_booking_that_was_begun(self, signed_in: Callable[[User], Client]) -> None:
        user, ticket_type = make_user(), make_ticket_type()
        booking = hold(user=user, ticket_type=ticket_type)
        event = ticket_type.event

        page = text(signed_in(user).get(url(event)))
        Booking.objects.update(hold_expires_at=timezone.now())
        later = text(signed_in(user).get(url(event)))

        assert ("Continue your booking" in page, f"/bookings/{booking.id}/" in page) == (True, True)
        assert "/book/" not in page
        assert ("Continue your booking" in later, "/book/" in later) == (False, True)

    @pytest.mark.parametrize(
        ("place", "link", "mode", "kinds"),
        [
            ("The camp", "", "Offline", ["Place"]),
            ("", "https://example.org/room", "Online", ["VirtualLocation"]),
            ("The camp", "https://example.org/room", "Mixed", ["Place", "VirtualLocation"]),
        ],
    )
    def test_tells_search_engines_where_to_take_part(
        self, english: Client, place: str, link: str, mode: str, kinds: list[str]
    ) -> None:
        event = make_event(venue=place, online_url=link)

        page = text(english.get(url(event)))

        [written] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        structured = json.loads(written)
        where = structured["location"]
        assert structured["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
        assert [one["@type"] for one in (where if isinstance(where, list) else [where])] == kinds
        assert "example.org" not in written

    def test_tells_search_engines_what_guests_may_know(self, english: Client) -> None:
        event = make_event(title="</script><b>Rafting", address="Secret street 1")
        make_ticket_type(event=event, price=Decimal("1500.00"), sold=10)

        page = text(english.get(url(event)))
        [written] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        structured = json.loads(written)

        assert structured["name"] == "</script><b>Rafting"
        assert structured["offers"][0]["availability"] == "https://schema.org/SoldOut"
        assert structured["offers"][0]["price"] == "1500.00"
        assert "Secret" not in written
        assert not set("<>&") & set(written)
        assert f'<link rel="canonical" href="http://127.0.0.1:8000{url(event)}">' in page

    def test_says_in_words_what_is_refunded(self, english: Client) -> None:
        bands = [{"hours_before": 168, "percent": 100}, {"hours_before": 36, "percent": 50}]
        event = make_event(refund_policy={"bands": bands}, cancellable_hours_before=24)

        page = text(english.get(url(event)))

        assert "7 days before the start or earlier: 100% back." in page
        assert "36 hours before the start or earlier: 50% back." in page
        assert "until 1 day before the start" in page

    def test_is_shown_to_guests_as_it_is_however_often_it_was_asked_for(self, english: Client) -> None:
        event = make_event(title="Rafting", description="*Water*")
        ticket_type = make_ticket_type(event=event, capacity=20)
        before = text(english.get(url(event)))

        TicketType.objects.filter(id=ticket_type.id).update(sold=19)
        fewer = text(english.get(url(event)))
        Event.objects.filter(id=event.id).update(title="Canoes", version=2)
        renamed = text(english.get(url(event)))
        Organizer.objects.filter(id=event.organizer_id).update(name="The new ones")
        theirs = text(english.get(url(event)))

        few = re.compile(r'data-level="few"\s*>')
        assert (bool(few.search(before)), bool(few.search(fewer))) == (False, True)
        assert ("<em>Water</em>" in fewer, "Canoes" in renamed, "The new ones" in theirs) == (True, True, True)
        assert "Rafting" not in renamed.replace(event.slug, "")

    def test_is_written_anew_only_when_something_shown_has_changed(
        self, english: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket_type = make_ticket_type(capacity=1000)
        written: list[str] = []
        monkeypatch.setattr(event_parts, "render_markdown", lambda said: written.append(said) or "")

        for sold in range(3):
            TicketType.objects.filter(id=ticket_type.id).update(sold=sold)
            Event.objects.filter(id=ticket_type.event_id).update(sold=sold)
            english.get(url(ticket_type.event))

        assert len(written) == 1

    def test_gives_each_guest_their_own_language_and_token(self, client: Client) -> None:
        event = make_ticket_type().event

        pages = [text(Client(headers={"Accept-Language": code}).get(url(event))) for code in ("en", "ru", "en")]

        tokens = [re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
        assert ["Sign in to book" in page for page in pages] == [True, False, True]
        assert ["Войти" in page for page in pages] == [False, True, False]
        assert len({tuple(one) for one in tokens}) == 3
        assert {len(set(one)) for one in tokens} == {1}

    def test_reads_the_same_put_together_from_its_frame_as_rendered_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = make_ticket_type(event=make_event(title='<b>A & "B"</b>', summary="1 < 2 & 3")).event
        address = f"{url(event)}?from=<mail>&x='1'"

        def pages() -> list[str]:
            asked = (Client(headers={"Accept-Language": code}).get(address) for code in ("en", "ru", "en"))
            return [re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", text(one)) for one in asked]

        framed = pages()
        monkeypatch.setattr(views, "is_told_something", lambda request: True)

        assert framed == pages()
        assert "&lt;b&gt;A &amp; " in framed[0]

    def test_tells_a_guest_what_waits_for_them(self, english: Client) -> None:
        event = make_ticket_type().event
        english.cookies["messages"] = CookieStorage(RequestFactory().get("/"))._encode(
            [Message(SUCCESS, "Signed out.")]
        )

        once, again = (text(english.get(url(event))) for _ in range(2))

        assert ("Signed out." in once, "Signed out." in again) == (True, False)

    def test_is_readable_after_the_end(self, english: Client) -> None:
        page = text(english.get(url(make_ticket_type(event=make_event(status=Status.FINISHED)).event)))

        assert "The event is over." in page
        assert "Sign in to book" not in page


class TestFavorite:
    def test_is_kept_and_forgotten(self, signed_in: Callable[[User], Client]) -> None:
        event, user = make_event(), make_user()
        client = signed_in(user)

        client.post(f"/events/{event.id}/favorite/", {"kept": ""})
        kept = Favorite.objects.count()
        response = client.post(f"/events/{event.id}/favorite/", {"kept": "yes"})

        assert (kept, Favorite.objects.count()) == (1, 0)
        assert response["Location"] == f"/events/{event.id}/"

    def test_asks_a_guest_to_sign_in(self, english: Client) -> None:
        response = english.post(f"/events/{make_event().id}/favorite/")

        assert response.status_code == 302
        assert "/login/" in response["Location"]


class TestMarkdown:
    def test_renders_what_descriptions_need(self) -> None:
        assert render_markdown("# Plan\n\n- **one**") == "<h3>Plan</h3>\n<ul>\n<li><strong>one</strong></li>\n</ul>\n"

    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "<img src=x onerror=alert(1)>",
            "![x](https://example.com/spy.gif)",
            '<a href="https://example.com" onclick="alert(1)">x</a>',
            "<style>body{display:none}</style>",
        ],
    )
    def test_lets_nothing_run(self, hostile: str) -> None:
        rendered = render_markdown(hostile)

        assert not re.search(r"<(script|img|style)|href=\"(javascript|data)|<[^>]*onclick", rendered)

    def test_marks_links_as_written_by_users(self) -> None:
        assert 'rel="nofollow ugc noopener"' in render_markdown("[x](https://example.com)")


class TestWords:
    def event(self, starts_at: datetime, hours: float, zone: str = "Europe/Moscow") -> Event:
        return Event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), time_zone=zone)

    def test_write_days_by_the_calendar_of_the_place(self) -> None:
        start = datetime(timezone.now().year, 6, 14, 20, tzinfo=UTC)

        with translation.override("ru"):
            assert event_words.days(self.event(start, 2, "Asia/Kamchatka")) == "15 июн."
            assert event_words.hours(self.event(start, 2, "Asia/Kamchatka")) == "08:00–10:00"

    def test_write_an_evening_that_ends_after_midnight_as_one_day(self) -> None:
        start = datetime(timezone.now().year, 6, 14, 18, tzinfo=UTC)

        with translation.override("en"):
            assert event_words.days(self.event(start, 5)) == "14 Jun"
            assert event_words.hours(self.event(start, 5)) == "21:00–02:00"

    def test_write_several_days_and_another_year(self) -> None:
        with translation.override("en"):
            assert event_words.days(self.event(datetime(2031, 6, 14, 6, tzinfo=UTC), 50)) == "14–16 Jun 2031"

    @pytest.mark.parametrize(
        ("zone", "written"),
        [("Asia/Kolkata", "UTC+5:30"), ("America/New_York", "UTC\N{MINUS SIGN}4"), ("Europe/London", "UTC+1")],
    )
    def test_write_how_far_the_clock_is_from_utc(self, zone: str, written: str) -> None:
        assert event_words.zone(self.event(datetime(2030, 6, 14, 6, tzinfo=UTC), 2, zone)) == written

    @pytest.mark.parametrize(
        ("amount", "currency", "russian", "english"),
        [
            ("1500.00", "RUB", "1\xa0500\xa0₽", "1,500\xa0₽"),
            ("1500.50", "RUB", "1\xa0500,50\xa0₽", "1,500.50\xa0₽"),
            ("0", "RUB", "Бесплатно", "Free"),
        ],
    )
    def test_write_money(self, amount: str, currency: str, russian: str, english: str) -> None:
        with translation.override("ru"):
            assert event_words.money(Decimal(amount), currency) == russian
        with translation.override("en"):
            assert event_words.money(Decimal(amount), currency) == english

    def test_tell_the_sum_of_what_is_chosen_its_sign(self, english: Client) -> None:
        reader = make_user()
        english.force_login(reader)
        ticket_type = make_ticket_type(price=900)

        page = text(english.get(f"/events/{ticket_type.event_id}/", follow=True))

        assert f'data-sign="{event_words.sign("RUB")}"' in page
        assert event_words.sign("RUB") == "₽"


class TestLivePage:
    def test_watches_what_is_left(self, english: Client) -> None:
        event = make_ticket_type().event

        page = text(english.get(url(event)))

        assert f'data-topic="event:{event.id}:availability"' in page
        assert "js/events/live.js" in page

    def test_does_not_watch_what_is_over(self, english: Client) -> None:
        event = make_ticket_type(event=make_event(status=Status.FINISHED)).event

        assert "data-topic" not in text(english.get(url(event)))

    def test_shows_their_booking_to_those_who_are_booked(self, signed_in: Callable[[User], Client]) -> None:
        event, booker = make_ticket_type().event, make_user()
        EventAccess.objects.create(user=booker, event=event)

        page = text(signed_in(booker).get(url(event)))

        assert "Show my booking" in page
        assert "/book/" not in page
        assert ":availability" not in page
