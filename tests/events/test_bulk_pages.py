"""The same step for several events, on the organizer's pages."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from events.models import BulkOperation, Event, EventSeries, TicketType
from events.models.lifecycle import Status
from tests.events.organizing import Owner, SignIn, hidden, owner, signed_in, text
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

__all__ = ["owner", "signed_in"]
pytestmark = pytest.mark.django_db

BULK = "/events/mine/bulk/"


def asked(action: str, *events: Event, **more: Any) -> dict[str, Any]:
    return {"action": action, "event": [str(one.id) for one in events], "made_as": "torn"} | more


def statuses(*events: Event) -> list[str]:
    return [Event.objects.get(id=one.id).status for one in events]


class TestPlan:
    def test_stands_behind_the_chosen_events_of_ones_own(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)

        page = text(client.get("/events/mine/"))

        assert f'name="event" value="{event.id}" form="bulk"' in page
        assert f'action="{BULK}"' in page
        assert 'form="bulk"' not in text(client.get("/events/mine/?show=over"))

    def test_says_what_a_cancellation_costs(self, owner: Owner) -> None:
        own, client = owner
        event, draft = make_event(organizer=own), make_event(organizer=own, status=Status.DRAFT)

        page = text(client.get(BULK, asked("cancel", event, draft)))

        assert "Cancel 2 events" in page
        assert "0 bookings" in page
        assert page.count("stays as it is") == 1
        assert statuses(event) == [Status.PUBLISHED]

    def test_works_new_prices_out_before_they_are_written(self, owner: Owner) -> None:
        own, client = owner
        ticket_type = make_ticket_type(event=make_event(organizer=own), price=Decimal("999.99"))

        page = text(client.post(BULK, asked("change_prices", ticket_type.event, percent="10", look="yes")))

        assert "1,099.99\N{NO-BREAK SPACE}₽" in page
        assert TicketType.objects.get().price == Decimal("999.99")
        assert not BulkOperation.objects.exists()

    @pytest.mark.parametrize("number", [0, 21])
    def test_is_for_one_to_twenty_events(self, owner: Owner, number: int) -> None:
        own, client = owner
        events = [make_event(organizer=own) for _ in range(number)]

        asked_for = client.get(BULK, asked("publish", *events))
        sent = client.post(BULK, asked("publish", *events))

        assert asked_for.headers["Location"] == "/events/mine/"
        assert sent.status_code == 404
        assert not BulkOperation.objects.exists()

    @pytest.mark.parametrize("events", [1, 20])
    def test_asks_the_database_the_same_number_of_times(
        self, owner: Owner, events: int, django_assert_num_queries: Any
    ) -> None:
        own, client = owner
        made = [make_ticket_type(event=make_event(organizer=own)).event for _ in range(events)]
        client.get(BULK, asked("cancel", *made))

        # Session and user, the events, their types, what hangs on them: bookings and refunds.
        with django_assert_num_queries(6):
            client.get(BULK, asked("cancel", *made))


class TestTake:
    def test_settles_each_event_by_itself_and_says_what_became_of_it(self, owner: Owner) -> None:
        own, client = owner
        ready, bare = (make_event(organizer=own, status=Status.DRAFT) for _ in range(2))
        make_ticket_type(event=ready)

        answer = client.post(BULK, asked("publish", ready, bare))
        page = text(client.get(answer.headers["Location"]))

        assert statuses(ready, bare) == [Status.PUBLISHED, Status.DRAFT]
        assert "1 of 2 done" in page
        assert "1 refused" in page
        assert "Add at least one ticket type." in page

    def test_is_taken_once_however_often_the_form_is_sent(self, owner: Owner) -> None:
        own, client = owner
        ticket_type = make_ticket_type(event=make_event(organizer=own), price=Decimal(100))
        made_as = hidden(text(client.get(BULK, asked("change_prices", ticket_type.event))), "made_as")
        form = asked("change_prices", ticket_type.event, percent="10", made_as=made_as)

        answers = [client.post(BULK, form).headers["Location"] for _ in range(2)]

        assert answers[0] == answers[1]
        assert TicketType.objects.get().price == Decimal(110)

    def test_of_somebody_elses_form_is_another_order(self, owner: Owner, signed_in: SignIn) -> None:
        own, client = owner
        ticket_type = make_ticket_type(event=make_event(organizer=own), price=Decimal(100))
        made_as = hidden(text(client.get(BULK, asked("change_prices", ticket_type.event))), "made_as")
        form = asked("change_prices", ticket_type.event, percent="10", made_as=made_as)
        client.post(BULK, form)
        colleague = make_user()
        own.members.create(user=colleague, role="manager")

        signed_in(colleague).post(BULK, form)

        assert BulkOperation.objects.count() == 2
        assert TicketType.objects.get().price == Decimal(121)

    def test_cancels_for_a_reason(self, owner: Owner) -> None:
        own, client = owner
        events = [make_event(organizer=own) for _ in range(2)]

        refused = client.post(BULK, asked("cancel", *events, reason=" "))
        client.post(BULK, asked("cancel", *events, reason="A storm"))

        assert refused.status_code == 400
        assert statuses(*events) == [Status.CANCELLED] * 2
        assert set(Event.objects.values_list("status_reason", flat=True)) == {"A storm"}

    @pytest.mark.parametrize("percent", ["-91", "501", "", "ten"])
    def test_refuses_senseless_percentages(self, owner: Owner, percent: str) -> None:
        own, client = owner
        ticket_type = make_ticket_type(event=make_event(organizer=own))

        assert client.post(BULK, asked("change_prices", ticket_type.event, percent=percent)).status_code == 400
        assert not BulkOperation.objects.exists()


class TestReach:
    def test_knows_nothing_of_foreign_events(self, owner: Owner) -> None:
        own, client = owner
        mine, foreign = make_event(organizer=own), make_event()
        door = make_event()
        door.organizer.members.create(user=own.members.get().user, role="door")

        for theirs in (foreign, door):
            assert client.get(BULK, asked("cancel", mine, theirs)).status_code == 404
            assert client.post(BULK, asked("cancel", mine, theirs, reason="Spite")).status_code == 404
        assert statuses(mine, foreign, door) == [Status.PUBLISHED] * 3

    @pytest.mark.parametrize("wrong", [{"action": "explode"}, {"event": ["x"]}, {"following": "x"}])
    def test_refuses_what_no_page_sends(self, owner: Owner, wrong: dict[str, Any]) -> None:
        own, client = owner
        event = make_event(organizer=own)

        assert client.get(BULK, asked("publish", event) | wrong).status_code == 404
        assert client.post(BULK, asked("publish", event) | wrong).status_code == 404

    def test_shows_an_order_to_who_gave_it(self, owner: Owner, signed_in: SignIn) -> None:
        own, client = owner
        event = make_event(organizer=own)
        address = client.post(BULK, asked("cancel", event, reason="A storm")).headers["Location"]

        stranger = signed_in(make_user())

        assert stranger.get(address).status_code == 404
        assert stranger.post(address, {"step": "stop"}).status_code == 404
        assert stranger.get(f"{BULK}{uuid.uuid4()}/").status_code == 404

    def test_asks_guests_to_sign_in(self, client: Any) -> None:
        assert client.get(BULK).headers["Location"].startswith("/accounts/login/")


class TestRestOfASeries:
    @pytest.fixture
    def series(self, owner: Owner) -> list[Event]:
        own, _client = owner
        series = EventSeries.objects.create(organizer=own, rule="FREQ=DAILY;COUNT=3", time_zone="UTC")
        return [make_event(organizer=own, series=series, series_position=number) for number in range(3)]

    def test_is_the_event_and_those_after_it(self, owner: Owner, series: list[Event]) -> None:
        _own, client = owner
        following = {"following": str(series[1].id)}

        page = text(client.get(BULK, {"action": "cancel", **following}))
        client.post(BULK, {"action": "cancel", "reason": "A storm", "made_as": "x", **following})

        assert "Cancel 2 events" in page
        assert statuses(*series) == [Status.PUBLISHED, Status.CANCELLED, Status.CANCELLED]

    def test_goes_to_the_workers_when_it_is_long_and_can_be_stopped(self, owner: Owner, series: list[Event]) -> None:
        own, client = owner
        more = [make_event(organizer=own, series=series[0].series, series_position=place) for place in range(3, 25)]
        form = {"action": "cancel", "reason": "A storm", "made_as": "x", "following": str(series[0].id)}

        address = client.post(BULK, form).headers["Location"]
        client.post(address, {"step": "stop"})

        assert statuses(*more) == [Status.PUBLISHED] * 22
        assert BulkOperation.objects.get().status == "stopped"
        assert "Go on" in text(client.get(address))
