"""The organizer's pages as a browser gets them."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from PIL import Image

from accounts.models import Organizer, OrganizerMember, User
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.pages.fields import TagsField
from tests.factories.accounts import make_authenticator, make_organizer, make_staff, make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

WORK = ("promo-codes", "questions", "crew", "series")
SOON = timezone.now() + timedelta(days=20)
LOCAL = "%Y-%m-%dT%H:%M"
SignIn = Callable[[User], Client]


@pytest.fixture
def signed_in(client: Client) -> SignIn:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


def text(response: Any) -> str:
    return response.content.decode()


def make_member(organizer: Organizer, role: str) -> User:
    user = make_user()
    OrganizerMember.objects.create(organizer=organizer, user=user, role=role)
    return user


def filled_in(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a new event that can be published."""
    sent = {
        "title": "Down the Katun",
        "summary": "",
        "description": "A day on the **river**.",
        "tags": "River,  easy ,river",
        "language": "en",
        "age_rating": "12+",
        "time_zone": "Asia/Barnaul",
        "starts_at": f"{SOON:%Y-%m-%d}T09:30",
        "ends_at": f"{SOON:%Y-%m-%d}T17:00",
        "city": "Gorno-Altaysk",
        "venue": "The camp",
        "address": "",
        "latitude": "",
        "longitude": "",
        "online_url": "",
        "contact": "",
        "currency": "RUB",
        "capacity": "",
        "refunds": "bands",
        "fee": "",
        "cancellable_hours_before": "24",
        "doors_open_hours_before": "2",
        "counts_unscanned": "on",
        "types-TOTAL_FORMS": "1",
        "types-INITIAL_FORMS": "0",
        "types-0-id": "",
        "types-0-name": "Adult",
        "types-0-price": "0",
        "types-0-capacity": "12",
        "types-0-sale_opens_at": "",
        "types-0-sale_closes_at": "",
        "types-0-min_per_booking": "1",
        "types-0-max_per_booking": "10",
        "types-0-access_code": "",
        "bands-TOTAL_FORMS": "3",
        "bands-INITIAL_FORMS": "0",
        "bands-0-hours_before": "48",
        "bands-0-percent": "50",
        "bands-1-hours_before": "168",
        "bands-1-percent": "100",
        "bands-2-hours_before": "",
        "bands-2-percent": "",
    } | changes
    if "category" not in sent:
        sent["category"] = make_category().slug
    return {name: value for name, value in sent.items() if value is not None}


def sent_for(event: Event, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends for an event that is there, nothing changed but what is named."""
    zone = {"starts_at": event.starts_at, "ends_at": event.ends_at}
    same = {
        "title": event.title,
        "time_zone": "UTC",
        "version": str(event.version),
        "category": event.category.slug,
        **{name: moment.strftime(LOCAL) for name, moment in zone.items()},
        "types-TOTAL_FORMS": "0",
        "currency": None,
    }
    return filled_in(**same | changes)


@pytest.fixture
def organizer(signed_in: SignIn) -> tuple[Organizer, Client]:
    owner = make_user()
    return make_organizer(owner=owner, approved_at=None), signed_in(owner)


class TestNewEvent:
    def test_saves_a_draft_with_tickets_and_refunds(self, organizer: tuple[Organizer, Client]) -> None:
        _, client = organizer

        response = client.post("/events/new/", filled_in(save="yes"))

        event = Event.objects.get()
        ticket = event.ticket_types.get()
        assert response.headers["Location"] == f"/events/{event.id}/edit/"
        assert (event.status, event.title, event.tags) == ("draft", "Down the Katun", ["river", "easy"])
        assert event.doors_open_hours_before == 2
        assert event.starts_at == datetime(SOON.year, SOON.month, SOON.day, 2, 30, tzinfo=UTC)
        assert event.refund_policy == {
            "bands": [{"hours_before": 168, "percent": 100}, {"hours_before": 48, "percent": 50}]
        }
        assert (ticket.name, ticket.price, ticket.capacity) == ("Adult", Decimal(0), 12)

    def test_publishes_at_once(self, organizer: tuple[Organizer, Client]) -> None:
        _, client = organizer

        response = client.post("/events/new/", filled_in(publish="yes"), follow=True)

        assert Event.objects.get().status == Status.PUBLISHED
        assert "The event is published." in text(response)

    def test_keeps_the_draft_and_names_what_is_missing_for_publication(
        self, organizer: tuple[Organizer, Client]
    ) -> None:
        _, client = organizer
        paid = {"types-0-price": "100"}

        response = client.post("/events/new/", filled_in(publish="yes", venue="", refunds="", **paid), follow=True)

        page = text(response)
        assert Event.objects.get().status == Status.DRAFT
        assert re.search(r'href="#id_venue">Place: Name the city', page)
        assert re.search(r'href="#id_refunds">When guests cancel: Say how much', page)
        assert "An administrator must approve the organizer" in page
        assert 'aria-describedby="id_venue_helptext id_venue_error"' in page

    def test_is_made_once_when_the_form_is_sent_twice(self, organizer: tuple[Organizer, Client]) -> None:
        _, client = organizer
        made_as = re.search(r'name="made_as" value="([^"]+)"', text(client.get("/events/new/")))
        assert made_as is not None
        form = filled_in(save="yes", made_as=made_as.group(1))

        first, second = client.post("/events/new/", form), client.post("/events/new/", form)

        assert Event.objects.count() == 1
        assert first.headers["Location"] == second.headers["Location"]

    @pytest.mark.parametrize(
        ("changes", "field", "told"),
        [
            ({"title": ""}, "id_title", "This field is required."),
            ({"title": "a\u202eb"}, "id_title", "Leave out line breaks"),
            ({"ends_at": f"{SOON:%Y-%m-%d}T09:00"}, "id_ends_at", "The event must end after it starts."),
            ({"starts_at": "2031-03-30T02:30", "ends_at": "2031-04-01T02:30", "time_zone": "Europe/Berlin"}, "id_starts_at", "put forward"),
            ({"starts_at": "9999-12-31T23:59"}, "id_starts_at", "between the years 2000 and 2100"),
            ({"time_zone": "Mars/Olympus"}, "id_time_zone", "Select a valid choice"),
            ({"tags": ",".join("abcdefghijkl")}, "id_tags", "At most 10 tags"),
            ({"latitude": "55.7"}, "id_longitude", "Give both coordinates"),
            ({"online_url": "javascript:alert(1)"}, "id_online_url", "Enter a valid URL"),
            ({"types-0-price": "-1"}, "id_types-0-price", "greater than or equal to 0"),
            ({"types-0-max_per_booking": "1", "types-0-min_per_booking": "2"}, "id_types-0-max_per_booking", "can&#x27;t be less"),
            ({"bands-0-percent": ""}, "id_bands-0-percent", "This field is required."),
            ({"bands-0-percent": "100", "bands-1-percent": "50"}, None, "can&#x27;t grow"),
            ({"bands-0-hours_before": "", "bands-0-percent": "", "bands-1-hours_before": "", "bands-1-percent": ""}, "id_refunds", "at least one step"),
        ],
    )  # fmt: skip
    def test_says_beside_the_field_what_is_wrong(
        self, organizer: tuple[Organizer, Client], changes: dict[str, str], field: str | None, told: str
    ) -> None:
        _, client = organizer

        response = client.post("/events/new/", filled_in(save="yes", **changes))

        assert response.status_code == 200
        assert not Event.objects.exists()
        link = f'<a href="#{field}">[^<]*' if field else "<li>[^<]*"
        assert re.search(link + re.escape(told), text(response)), text(response)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("types-TOTAL_FORMS", None),
            ("types-TOTAL_FORMS", "99999999999999999999"),
            ("types-INITIAL_FORMS", "-1"),
            ("bands-TOTAL_FORMS", "\0"),
            ("starts_at", "x" * 30_000),
            ("category", "\0"),
            ("made_as", "torn"),
        ],
    )
    def test_survives_forms_that_no_browser_sends(
        self, organizer: tuple[Organizer, Client], name: str, value: str | None
    ) -> None:
        _, client = organizer
        form = filled_in(**{name: value})

        answers = [client.post("/events/new/", form | {pressed: "yes"}).status_code for pressed in ("save", "more")]

        assert set(answers) <= {200, 302}

    def test_makes_room_for_another_ticket_without_saving(self, organizer: tuple[Organizer, Client]) -> None:
        _, client = organizer

        page = text(client.post("/events/new/", filled_in(more="yes", title="")))

        assert 'id="id_types-1-name"' in page
        assert 'value="Adult"' in page
        assert "This field is required." not in page
        assert not Event.objects.exists()

    def test_lets_owners_of_several_choose(self, organizer: tuple[Organizer, Client]) -> None:
        first, client = organizer
        second = make_organizer(owner=first.members.get().user)

        client.post("/events/new/", filled_in(save="yes", organizer=str(second.id)))

        assert Event.objects.get().organizer == second

    def test_refuses_an_organizer_of_others(self, organizer: tuple[Organizer, Client]) -> None:
        first, client = organizer
        make_organizer(owner=first.members.get().user)

        client.post("/events/new/", filled_in(save="yes", organizer=str(make_organizer().id)))

        assert not Event.objects.exists()

    def test_lets_somebody_become_an_organizer_first(self, signed_in: SignIn) -> None:
        user = make_user()
        client = signed_in(user)

        asked = client.get("/events/new/", follow=True)
        made = client.post("/events/organizer/", {"name": "Wild Water", "contact_email": "w@example.com"})

        assert f'value="{user.email}"' in text(asked)
        assert made.headers["Location"] == "/events/new/"
        assert Organizer.objects.get().members.get().user == user

    def test_asks_guests_to_sign_in(self, client: Client) -> None:
        for path in ("/events/new/", "/events/mine/", "/events/organizer/", f"/events/{make_event().id}/edit/"):
            assert client.get(path).headers["Location"].startswith("/accounts/login/")


class TestEditEvent:
    def test_shows_what_is_stored_by_the_clock_of_the_place(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        starts_at = datetime(2031, 6, 1, 3, 30, 15, tzinfo=UTC)
        event = make_event(organizer=own, starts_at=starts_at, time_zone="Asia/Barnaul")
        make_ticket_type(event=event, name="Adult", sale_opens_at=starts_at - timedelta(days=1))

        page = text(client.get(f"/events/{event.id}/edit/"))

        assert 'value="2031-06-01T10:30"' in page
        assert 'value="2031-05-31T10:30"' in page
        assert 'value="Adult"' in page

    def test_saves_and_leaves_what_it_does_not_show(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        policy = {"bands": [{"hours_before": 1, "percent": 100}], "promo_share": 40, "types": {}}
        starts_at = SOON.replace(second=17, microsecond=0)
        event = make_event(organizer=own, starts_at=starts_at, refund_policy=policy)

        client.post(f"/events/{event.id}/edit/", sent_for(event, title="New", fee="50", save="yes"))

        stored = Event.objects.get()
        assert (stored.title, stored.starts_at, stored.version) == ("New", starts_at, 2)
        assert stored.refund_policy["promo_share"] == 40
        assert stored.refund_policy["fee"] == "50"
        assert len(stored.refund_policy["bands"]) == 2

    def test_changes_one_ticket_type_and_adds_another(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, status=Status.DRAFT)
        adult = make_ticket_type(event=event, name="Adult", price=Decimal(0))
        rows = {
            "types-TOTAL_FORMS": "2",
            "types-INITIAL_FORMS": "1",
            "types-0-id": str(adult.id),
            "types-0-capacity": "30",
            "types-1-name": "Child",
            "types-1-price": "0",
            "types-1-capacity": "5",
            "types-1-min_per_booking": "1",
            "types-1-max_per_booking": "4",
        }

        client.post(f"/events/{event.id}/edit/", sent_for(event, save="yes", **rows))

        types = TicketType.objects.order_by("position", "created_at").values_list("name", "capacity")
        assert list(types) == [("Adult", 30), ("Child", 5)]

    def test_takes_a_ticket_type_away_from_a_draft_whatever_else_its_row_says(
        self, organizer: tuple[Organizer, Client]
    ) -> None:
        own, client = organizer
        event = make_event(organizer=own, status=Status.DRAFT)
        adult, child = (make_ticket_type(event=event, name=name, price=Decimal(0)) for name in ("Adult", "Child"))
        rows = {
            "types-TOTAL_FORMS": "2",
            "types-INITIAL_FORMS": "2",
            "types-0-id": str(adult.id),
            "types-0-capacity": "",
            "types-0-removed": "on",
            "types-1-id": str(child.id),
            # The name that has become free.
            "types-1-name": "Adult",
            "types-1-price": "0",
            "types-1-capacity": "7",
            "types-1-min_per_booking": "1",
            "types-1-max_per_booking": "4",
        }

        shown = text(client.get(f"/events/{event.id}/edit/"))
        saved = client.post(f"/events/{event.id}/edit/", sent_for(event, save="yes", **rows))

        assert shown.count("Take this ticket away") == 2
        assert saved.status_code == 302
        assert list(TicketType.objects.values_list("id", "name", "capacity")) == [(child.id, "Adult", 7)]

    def test_takes_no_ticket_type_away_that_people_have_seen(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own)
        ticket_type = make_ticket_type(event=event, name="Adult", price=Decimal(0))
        row = {"types-TOTAL_FORMS": "1", "types-INITIAL_FORMS": "1", "types-0-id": str(ticket_type.id)}

        shown = text(client.get(f"/events/{event.id}/edit/"))
        client.post(f"/events/{event.id}/edit/", sent_for(event, save="yes", **row, **{"types-0-removed": "on"}))

        assert "Take this ticket away" not in shown
        assert TicketType.objects.get() == ticket_type

    def test_shows_who_was_quicker_and_writes_over_it_only_when_asked(
        self, organizer: tuple[Organizer, Client]
    ) -> None:
        own, client = organizer
        event = make_event(organizer=own, title="Old")
        adult = make_ticket_type(event=event, name="Adult", price=Decimal(0), capacity=12)
        form = sent_for(event, title="Mine", save="yes", **{
            "types-TOTAL_FORMS": "1", "types-INITIAL_FORMS": "1", "types-0-id": str(adult.id),
        })  # fmt: skip
        Event.objects.update(title="Theirs", version=2)
        make_ticket_type(event=event, name="Added by them")

        refused = client.post(f"/events/{event.id}/edit/", form)

        page = text(refused)
        assert refused.status_code == 412
        assert "Somebody else has changed the event meanwhile" in page
        assert re.search(r'<th scope="row">Title</th><td>Theirs</td><td>Mine</td>', page)
        assert 'name="version" value="2"' in page
        assert Event.objects.get().title == "Theirs"

        client.post(f"/events/{event.id}/edit/", form | {"version": "2"})

        assert Event.objects.get().title == "Mine"
        assert TicketType.objects.count() == 2

    def test_asks_why_when_seats_are_taken_and_reschedules_then(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, sold=1, starts_at=SOON.replace(second=0, microsecond=0))
        later = (event.starts_at + timedelta(hours=1)).strftime(LOCAL)
        form = sent_for(event, starts_at=later, save="yes", city=event.city, venue=event.venue, address=event.address)

        asked = client.post(f"/events/{event.id}/edit/", form)
        client.post(f"/events/{event.id}/edit/", form | {"reason": "High water"})

        assert re.search(r'href="#id_reason">[^<]*Say why', text(asked))
        stored = Event.objects.get()
        assert stored.starts_at == event.starts_at + timedelta(hours=1)
        assert stored.rescheduled_at is not None

    def test_takes_a_picture_and_takes_it_away(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own)
        out = io.BytesIO()
        Image.new("RGB", (640, 360), "teal").save(out, "JPEG")
        file = SimpleUploadedFile("river.jpg", out.getvalue(), "image/jpeg")

        client.post(f"/events/{event.id}/edit/", sent_for(event, save="yes", cover=file))
        with_picture = Event.objects.get()
        client.post(f"/events/{event.id}/edit/", sent_for(with_picture, save="yes", no_cover="on"))

        assert with_picture.cover.startswith("covers/")
        assert Event.objects.get().cover == ""

    def test_refuses_a_file_that_is_no_picture(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own)
        file = SimpleUploadedFile("river.jpg", b"<svg onload=alert(1)>", "image/jpeg")

        page = text(client.post(f"/events/{event.id}/edit/", sent_for(event, save="yes", cover=file)))

        assert re.search(r'href="#id_cover">[^<]*Send a JPEG', page)
        assert Event.objects.get().version == 1

    @pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("door", 403)])
    def test_is_for_those_who_manage_the_organizer(self, signed_in: SignIn, role: str, status: int) -> None:
        event = make_event()
        client = signed_in(make_member(event.organizer, role))

        assert client.get(f"/events/{event.id}/edit/").status_code == status
        assert client.post(f"/events/{event.id}/edit/", {}).status_code == status

    def test_does_not_exist_for_strangers(self, signed_in: SignIn) -> None:
        client = signed_in(make_user())

        for event in (make_event(), make_event(status=Status.DRAFT)):
            assert client.get(f"/events/{event.id}/edit/").status_code == 404
            assert client.post(f"/events/{event.id}/edit/", sent_for(event, title="X")).status_code == 404
            assert client.post(f"/events/{event.id}/steps/cancel/", {"reason": "x", "version": "1"}).status_code == 404

    def test_is_closed_when_the_event_is_over(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, status=Status.FINISHED)

        assert client.get(f"/events/{event.id}/edit/").status_code == 409

    def test_needs_the_forms_own_token(self, organizer: tuple[Organizer, Client]) -> None:
        own, signed = organizer
        event = make_event(organizer=own)
        client = Client(enforce_csrf_checks=True)
        client.cookies = signed.cookies

        assert client.post(f"/events/{event.id}/edit/", sent_for(event, title="X", save="yes")).status_code == 403


class TestOwnEvents:
    def test_shows_state_seats_and_what_may_be_done(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, title="Ours", sold=3, held=1)
        make_ticket_type(event=event, capacity=8)
        make_ticket_type(event=event, capacity=2, access_code="FRIENDS")
        make_event(title="Theirs")
        make_event(organizer=own, title="Done", status=Status.FINISHED)

        page = text(client.get("/events/mine/"))

        assert "3 of 10 sold, 1 held" in page
        assert f"/events/{event.id}/edit/" in page
        assert f"/events/{event.id}/bookings/" in page
        assert "Theirs" not in page
        assert "Done" not in page
        assert "Done" in text(client.get("/events/mine/?show=over"))

    def test_shows_door_staff_the_door_only(self, signed_in: SignIn) -> None:
        event = make_event()
        client = signed_in(make_member(event.organizer, "door"))

        page = text(client.get("/events/mine/"))

        assert f"/events/{event.id}/door/" in page
        assert f"/events/{event.id}/edit/" not in page
        assert f"/events/{event.id}/bookings/" not in page

    @pytest.mark.parametrize("events", [1, 12])
    def test_asks_the_database_the_same_number_of_times(
        self, organizer: tuple[Organizer, Client], events: int, django_assert_num_queries: Any
    ) -> None:
        own, client = organizer
        for _ in range(events):
            make_ticket_type(event=make_event(organizer=own))
        client.get("/events/mine/")

        # Session and user, whom they manage, the count and the page.
        with django_assert_num_queries(5):
            client.get("/events/mine/")


class TestTools:
    @pytest.mark.parametrize(
        ("role", "shown"),
        [
            ("owner", {"edit", "bookings", "door", *WORK, "steps/duplicate", "steps/cancel"}),
            ("manager", {"edit", "bookings", "door", *WORK, "steps/duplicate", "steps/cancel"}),
            ("door", {"door"}),
            (None, set()),
        ],
    )
    def test_stand_on_the_events_page_by_right(self, signed_in: SignIn, role: str | None, shown: set[str]) -> None:
        event = make_event()
        client = signed_in(make_member(event.organizer, role) if role else make_user())

        page = text(client.get(f"/events/{event.slug}-{event.id}/"))

        tools = re.search(r'<section class="tools".*?</section>', page, re.DOTALL)
        assert (tools is not None) is (role is not None)
        assert set(re.findall(rf'href="/events/{event.id}/((?:steps/)?[a-z-]+)/"', tools[0] if tools else "")) == shown

    def test_are_not_remembered_for_guests(self, signed_in: SignIn, client: Client) -> None:
        event = make_event()
        signed_in(event.organizer.members.get().user).get(f"/events/{event.slug}-{event.id}/")

        assert "For the organizer" not in text(Client().get(f"/events/{event.slug}-{event.id}/"))

    def test_let_an_administrator_take_an_event_down_and_put_it_back(self, signed_in: SignIn) -> None:
        event, administrator = make_event(), make_staff("moderator")
        client = signed_in(administrator)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = make_authenticator(administrator).persistent_id
        session.save()

        page = text(client.get(f"/events/{event.slug}-{event.id}/"))
        client.post(f"/events/{event.id}/steps/suspend/", {"reason": "Fraud", "version": "1"})
        taken_down = Event.objects.get().status
        client.post(f"/events/{event.id}/steps/restore/", {"version": "2"})

        assert "Take down" in page
        assert "Cancel the event" not in page
        assert client.get(f"/events/{event.id}/steps/cancel/").status_code == 404
        assert client.post(f"/events/{event.id}/steps/cancel/", {"reason": "x", "version": "3"}).status_code == 403
        assert client.get(f"/events/{event.id}/edit/").status_code == 403
        assert taken_down == Status.SUSPENDED
        assert Event.objects.get().status == Status.PUBLISHED


class TestSteps:
    def test_says_what_cancelling_costs_and_cancels_for_a_reason(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own)

        asked = text(client.get(f"/events/{event.id}/steps/cancel/"))
        refused = client.post(f"/events/{event.id}/steps/cancel/", {"version": "1", "reason": " "})
        untouched = Event.objects.get().status
        client.post(f"/events/{event.id}/steps/cancel/", {"version": "1", "reason": "A storm"})

        assert "0 bookings" in asked
        assert "This field is required." in text(refused)
        assert untouched == Status.PUBLISHED
        assert (Event.objects.get().status, Event.objects.get().status_reason) == (Status.CANCELLED, "A storm")

    def test_refuses_what_somebody_has_changed_meanwhile(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, version=2)

        response = client.post(f"/events/{event.id}/steps/cancel/", {"version": "1", "reason": "A storm"})

        assert response.status_code == 412
        assert Event.objects.get().status == Status.PUBLISHED

    def test_deletes_a_draft_and_makes_a_copy(self, organizer: tuple[Organizer, Client]) -> None:
        own, client = organizer
        event = make_event(organizer=own, status=Status.DRAFT)

        copied = client.post(f"/events/{event.id}/steps/duplicate/", {"version": "1"})
        client.post(f"/events/{event.id}/steps/delete/", {"version": "1"})

        copy = Event.objects.get()
        assert copy.id != event.id
        assert copied.headers["Location"] == f"/events/{copy.id}/edit/"

    @pytest.mark.parametrize("name", ["suspend", "restore", "publish", "explode"])
    def test_offers_an_organizer_nothing_else(self, organizer: tuple[Organizer, Client], name: str) -> None:
        own, client = organizer
        event = make_event(organizer=own)

        assert client.get(f"/events/{event.id}/steps/{name}/").status_code == 404
        assert client.post(f"/events/{event.id}/steps/{name}/", {"version": "1", "reason": "x"}).status_code in (
            403,
            404,
        )
        assert Event.objects.get().status == Status.PUBLISHED


class TestTagsField:
    @pytest.mark.parametrize(
        ("sent", "is_changed"), [("river, easy", False), ("river", True), ("", True), ("river, easy, new", True)]
    )
    def test_is_changed_by_other_words_only(self, sent: str, is_changed: bool) -> None:
        assert TagsField(required=False).has_changed(["river", "easy"], sent) is is_changed
        assert TagsField(required=False).has_changed([], "") is False
