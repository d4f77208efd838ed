"""Questions, crew and series on the organizer's pages."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from bus.models import OutboxRow
from events.models import CrewAssignment, CrewNeed, Event, EventSeries, Question
from events.models.lifecycle import Status
from tests.events.organizing import Owner, SignIn, owner, signed_in, text
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

__all__ = ["owner", "signed_in"]
pytestmark = pytest.mark.django_db

# A Friday, the second of its month.
FRIDAY = datetime(2030, 6, 14, 3, tzinfo=UTC)
SIZE = {"prompt": "Size", "kind": "choice", "choices": "S\r\n M \r\n\r\nL", "position": "0", "is_required": "on"}
WEEKLY = {"frequency": "weekly", "interval": "1", "count": "3", "version": "1"}
CREW = {"roles-TOTAL_FORMS": "3", "roles-INITIAL_FORMS": "0", "roles-0-role": "captain", "roles-0-wanted": "1"}
SERVICE = "events.crew.requested.v1"


def ask(event: Event, **fields: Any) -> Question:
    return Question.objects.create(event=event, **{"kind": "text", "prompt": "Height?"} | fields)


class TestQuestions:
    def test_are_asked_of_a_ticket_type_or_of_all(self, owner: Owner) -> None:
        own, client = owner
        ticket_type = make_ticket_type(event=make_event(organizer=own), name="Adult")
        address = f"/events/{ticket_type.event_id}/questions/"

        client.post(address, SIZE | {"ticket_type": str(ticket_type.id)})
        client.post(address, {"prompt": "Food", "kind": "text", "position": "1"})

        asked = Question.objects.order_by("position").values_list("prompt", "choices", "ticket_type", "is_required")
        assert list(asked) == [("Size", ["S", "M", "L"], ticket_type.id, True), ("Food", [], None, False)]
        page = text(client.get(address))
        assert page.index("Size") < page.index("Food")
        assert "Choice · Adult · must be answered" in " ".join(page.split())

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"prompt": ""}, "This field is required."),
            ({"choices": ""}, "A choice needs something to choose from"),
            ({"choices": "S"}, "Name from 2 to 50 choices."),
            ({"choices": "S\nS"}, "A choice is named twice."),
            ({"kind": "text"}, "nothing else has choices"),
            ({"kind": "waiver", "choices": ""}, "Say what is signed here."),
            ({"ticket_type": str(uuid.uuid4())}, "Select a valid choice."),
            ({"kind": "riddle"}, "Select a valid choice."),
        ],
    )
    def test_say_beside_the_field_what_is_wrong(self, owner: Owner, wrong: dict[str, str], told: str) -> None:
        own, client = owner
        event = make_event(organizer=own)

        answer = client.post(f"/events/{event.id}/questions/", SIZE | wrong)

        assert answer.status_code == 400
        assert told in text(answer)
        assert not Question.objects.exists()

    def test_are_put_differently_by_the_version_that_was_read(self, owner: Owner) -> None:
        own, client = owner
        question = ask(make_event(organizer=own), prompt="Size", kind="choice", choices=["S", "M"])
        address = f"/events/{question.event_id}/questions/{question.id}/"

        shown = text(client.get(address))
        client.post(address, SIZE | {"prompt": "Your size", "version": "1"})
        stale = client.post(address, SIZE | {"prompt": "My size", "version": "1"})

        assert "\nS\nM</textarea>" in shown
        assert Question.objects.get().prompt == "Your size"
        assert Question.objects.get().choices == ["S", "M", "L"]
        assert "It was changed meanwhile." in text(stale)

    def test_end_and_keep_what_was_answered(self, owner: Owner) -> None:
        own, client = owner
        question = ask(make_event(organizer=own))
        address = f"/events/{question.event_id}/questions/"

        client.post(f"{address}{question.id}/", {"retire": "yes"})

        assert Question.objects.get().retired_at is not None
        assert "Height?" not in text(client.get(address))
        assert client.get(f"{address}{question.id}/").status_code == 404

    def test_of_another_event_are_not_there(self, owner: Owner) -> None:
        own, client = owner
        foreign = ask(make_event())

        address = f"/events/{make_event(organizer=own).id}/questions/{foreign.id}/"

        assert client.get(address).status_code == 404
        assert client.post(address, {"retire": "yes"}).status_code == 404


def member(event: Event, **fields: Any) -> CrewAssignment:
    fields = {"name": "Ann", "role": "captain", "status": "assigned"} | fields
    return CrewAssignment.objects.create(
        event=event,
        person_id=uuid.uuid4(),
        told_at=timezone.now(),
        during=DateTimeTZRange(event.starts_at, event.ends_at),
        **fields,
    )


class TestCrew:
    def test_is_asked_for_by_roles(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)

        answer = client.post(f"/events/{event.id}/crew/", CREW | {"roles-1-role": "instructor", "roles-1-wanted": "4"})

        assert answer.status_code == 302
        assert dict(CrewNeed.objects.values_list("role", "wanted")) == {"captain": 1, "instructor": 4}
        assert OutboxRow.objects.filter(wire_type=SERVICE).count() == 1

    def test_shows_who_comes_and_who_is_missing(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        CrewNeed.objects.create(event=event, role="captain", wanted=2)
        member(event)
        member(event, name="Bob", status="refused", reason="overlap")

        page = text(client.get(f"/events/{event.id}/crew/"))

        assert "<td>2</td><td>1</td>" in page
        assert "works at another event at that time" in page
        assert "Ask again for who is missing" in page

    def test_is_asked_again_for_who_is_missing(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        client.post(f"/events/{event.id}/crew/", CREW)

        client.post(f"/events/{event.id}/crew/", {"again": "yes"})

        assert OutboxRow.objects.filter(wire_type=SERVICE).count() == 2

        member(event)
        full = client.post(f"/events/{event.id}/crew/", {"again": "yes"})

        assert full.status_code == 409
        assert "Nobody is missing from the crew." in text(full)
        assert OutboxRow.objects.filter(wire_type=SERVICE).count() == 2

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"roles-1-role": "captain", "roles-1-wanted": "2"}, "Name each role once."),
            ({"roles-0-wanted": "0"}, "greater than or equal to 1"),
            ({"roles-0-wanted": "101"}, "less than or equal to 100"),
            ({"roles-0-role": ""}, "This field is required."),
            ({"roles-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
        ],
    )
    def test_says_what_is_wrong(self, owner: Owner, wrong: dict[str, str], told: str) -> None:
        own, client = owner
        event = make_event(organizer=own)

        answer = client.post(f"/events/{event.id}/crew/", CREW | wrong)

        assert answer.status_code == 400
        assert told in text(answer)
        assert not CrewNeed.objects.exists()

    def test_is_let_go_by_emptying_the_rows(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own)
        CrewNeed.objects.create(event=event, role="captain", wanted=2)

        client.post(
            f"/events/{event.id}/crew/",
            {"roles-TOTAL_FORMS": "1", "roles-INITIAL_FORMS": "1", "roles-0-role": "", "roles-0-wanted": ""},
        )

        assert not CrewNeed.objects.exists()

    def test_is_only_read_when_the_event_is_over(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, status=Status.CANCELLED)

        page = text(client.get(f"/events/{event.id}/crew/"))
        refused = client.post(f"/events/{event.id}/crew/", CREW)

        assert "Save and ask" not in page
        assert refused.status_code == 409
        assert not CrewNeed.objects.exists()


class TestSeries:
    def test_shows_the_dates_before_anything_is_made(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=FRIDAY, time_zone="Asia/Barnaul")

        page = text(client.post(f"/events/{event.id}/series/", WEEKLY | {"look": "yes"}))

        for day in (14, 21, 28):
            assert f"Friday, {day} June 2030, 10:00" in page
        assert Event.objects.count() == 1

    def test_makes_a_draft_for_each_further_date_once(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=FRIDAY)

        for _ in range(2):
            assert client.post(f"/events/{event.id}/series/", WEEKLY | {"make": "yes"}).status_code == 302

        made = Event.objects.order_by("series_position").values_list("starts_at", "status")
        later = [(FRIDAY + timedelta(weeks=number), "draft") for number in (1, 2)]
        assert list(made) == [(FRIDAY, "published"), *later]
        page = text(client.get(f"/events/{event.id}/series/"))
        assert page.count('<th scope="row">') == 3

    @pytest.mark.parametrize(
        ("said", "rule"),
        [
            ({"frequency": "daily", "interval": "2"}, "FREQ=DAILY;INTERVAL=2;COUNT=3"),
            ({"weekdays": ["FR", "SU"]}, "FREQ=WEEKLY;BYDAY=FR,SU;COUNT=3"),
            ({"frequency": "monthly"}, "FREQ=MONTHLY;COUNT=3"),
            ({"frequency": "monthly_by_day"}, "FREQ=MONTHLY;BYDAY=2FR;COUNT=3"),
            ({"frequency": "yearly", "count": "", "until": "2032-12-31"}, "FREQ=YEARLY;UNTIL=20321231"),
        ],
    )
    def test_follows_what_was_said(self, owner: Owner, said: dict[str, Any], rule: str) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=FRIDAY)

        client.post(f"/events/{event.id}/series/", WEEKLY | said | {"make": "yes"})

        assert EventSeries.objects.get().rule == rule
        assert Event.objects.count() == 3

    def test_takes_the_last_weekday_of_the_month_for_a_fifth(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=datetime(2030, 5, 31, 9, tzinfo=UTC))

        client.post(f"/events/{event.id}/series/", WEEKLY | {"frequency": "monthly_by_day", "make": "yes"})

        days = Event.objects.order_by("starts_at").values_list("starts_at__date", flat=True)
        assert [f"{day:%m-%d}" for day in days] == ["05-31", "06-28", "07-26"]

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"count": "201"}, "less than or equal to 200"),
            ({"count": ""}, "Say either how many events, or until which day."),
            ({"until": "2030-07-01"}, "Say either how many events, or until which day."),
            ({"count": "", "until": "2100-01-01", "frequency": "daily"}, "at most 200 events"),
            ({"weekdays": ["MO"]}, "own start must be the first one"),
            ({"frequency": "daily", "weekdays": ["FR"]}, "only for what repeats every week"),
            ({"frequency": "hourly"}, "Select a valid choice."),
        ],
    )
    def test_says_what_is_wrong(self, owner: Owner, wrong: dict[str, Any], told: str) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=FRIDAY)

        for step in ("look", "make"):
            answer = client.post(f"/events/{event.id}/series/", WEEKLY | wrong | {step: "yes"})

            assert answer.status_code == 400
            assert told in text(answer).replace("&#x27;", "'")
        assert Event.objects.count() == 1

    def test_refuses_a_version_that_is_gone(self, owner: Owner) -> None:
        own, client = owner
        event = make_event(organizer=own, starts_at=FRIDAY, version=2)

        answer = client.post(f"/events/{event.id}/series/", WEEKLY | {"make": "yes"})

        assert "It was changed meanwhile." in text(answer)
        assert Event.objects.count() == 1

    @pytest.mark.parametrize("events", [1, 12])
    def test_asks_the_database_the_same_number_of_times(
        self, owner: Owner, events: int, django_assert_num_queries: Any
    ) -> None:
        own, client = owner
        series = EventSeries.objects.create(organizer=own, rule="FREQ=DAILY;COUNT=2", time_zone="UTC")
        made = [make_event(organizer=own, series=series, series_position=number) for number in range(events)]
        client.get(f"/events/{made[0].id}/series/")

        with django_assert_num_queries(6):
            client.get(f"/events/{made[0].id}/series/")


class TestReach:
    @pytest.mark.parametrize("page", ["questions", "crew", "series"])
    @pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("door", 403), (None, 404)])
    def test_is_for_those_who_manage_the_event(
        self, signed_in: SignIn, page: str, role: str | None, status: int
    ) -> None:
        event, user = make_event(), make_user()
        if role:
            event.organizer.members.create(user=user, role=role)
        client = signed_in(user)

        assert client.get(f"/events/{event.id}/{page}/").status_code == status
        assert client.post(f"/events/{event.id}/{page}/", {}).status_code == (400 if status == 200 else status)

    @pytest.mark.parametrize("page", ["questions", "crew", "series"])
    def test_asks_guests_to_sign_in(self, client: Any, page: str) -> None:
        address = f"/events/{make_event().id}/{page}/"

        assert client.get(address).headers["Location"].startswith("/accounts/login/")
