"""What readers do around events, in the browser."""

import re

import pytest
from django.test import Client

from events.models import EventReport, ModerationCase
from events.models.lifecycle import Status
from events.services.report_event import MOST_A_DAY
from tests.events.organizing import SignIn, signed_in, text
from tests.factories.accounts import make_user
from tests.factories.events import make_event

__all__ = ["signed_in"]
pytestmark = pytest.mark.django_db

SENT = {"reason": "fraud", "comment": "There is no such camp."}


class TestReport:
    def test_is_offered_on_the_events_page_and_taken_once(self, signed_in: SignIn) -> None:
        event, client = make_event(), signed_in(make_user())
        address = f"/events/{event.id}/report/"

        page = text(client.get(f"/events/{event.slug}-{event.id}/"))
        taken = client.post(address, SENT)
        again = client.post(address, SENT)

        assert f'href="{address}"' in page
        assert taken.status_code == 302
        assert "You have reported this event already." in text(again)
        assert EventReport.objects.get().comment == "There is no such camp."
        assert ModerationCase.objects.get().reports == 1

    @pytest.mark.parametrize("wrong", [{"reason": "boring"}, {"comment": "x" * 1001}])
    def test_says_what_is_wrong(self, signed_in: SignIn, wrong: dict[str, str]) -> None:
        client = signed_in(make_user())

        assert client.post(f"/events/{make_event().id}/report/", SENT | wrong).status_code == 400
        assert not EventReport.objects.exists()

    def test_is_taken_so_often_a_day(self, signed_in: SignIn) -> None:
        user, event = make_user(), make_event()
        EventReport.objects.bulk_create(
            EventReport(user=user, event=make_event(organizer=event.organizer, category=event.category), reason="spam")
            for _ in range(MOST_A_DAY)
        )

        answer = signed_in(user).post(f"/events/{event.id}/report/", SENT)

        assert "You have reported many events today." in text(answer)
        assert EventReport.objects.count() == MOST_A_DAY

    def test_is_for_users_who_can_see_the_event(self, client: Client, signed_in: SignIn) -> None:
        address = f"/events/{make_event(status=Status.DRAFT).id}/report/"

        assert client.get(address).headers["Location"].startswith("/accounts/login/")
        assert signed_in(make_user()).get(address).status_code == 404


class TestCalendarLink:
    def test_is_shown_and_made_anew(self, client: Client, signed_in: SignIn) -> None:
        assert client.get("/events/calendar/").headers["Location"].startswith("/accounts/login/")
        signed_in(make_user())

        def link() -> str:
            [found] = re.findall(
                r'readonly value="[a-z]+://[^/"]+(/calendar/[^"]+)"', text(client.get("/events/calendar/"))
            )
            return found

        first, same = link(), link()
        client.post("/events/calendar/")
        other = link()

        assert first == same
        assert other != first
        assert client.get(first).status_code == 404
        assert client.get(other)["Content-Type"].startswith("text/calendar")

    def test_is_found_beside_ones_bookings(self, signed_in: SignIn) -> None:
        assert 'href="/events/calendar/"' in text(signed_in(make_user()).get("/bookings/"))
