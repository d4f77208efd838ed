"""What an event asks is answered where seats are booked: in the API and on the page."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from events.models import Answer, Question, TicketType
from tests.bookings.api.test_bookings import key, member_of, signed_in, wish
from tests.bookings.test_export_bookings import csv_rows, export
from tests.bookings.test_pages import browser_of, said, text_of
from tests.factories.accounts import make_user
from tests.factories.bookings import seats_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db

BOOK, QUOTE = "/api/v1/bookings/", "/api/v1/bookings/quote/"


def ask(kind: TicketType, /, **fields: Any) -> Question:
    return Question.objects.create(event=kind.event, **({"kind": "text", "prompt": "Height?"} | fields))


def answer(question: Question, kind: TicketType, seat: int, value: str) -> dict[str, Any]:
    return {"question": str(question.id), "ticket_type": str(kind.id), "seat": seat, "value": value}


def field(question: Question, kind: TicketType, seat: int) -> str:
    return f"answer-{question.id}-{kind.id}-{seat}"


def errors_of(response: Any) -> list[tuple[str, str]]:
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    return [(one["pointer"], one["code"]) for one in response.json()["errors"]]


class TestAnswersThroughTheApi:
    def test_are_kept_with_the_booking_and_shown_to_the_organizer(self) -> None:
        kind = make_ticket_type(name="Adult")
        question, user = ask(kind), make_user()
        body = wish(kind, 2) | {"answers": [answer(question, kind, 2, "190"), answer(question, kind, 1, "176")]}

        booked = signed_in(user).post(BOOK, body, headers=key())

        assert booked.status_code == 201
        assert set(Answer.objects.values_list("booking_id", "user_id")) == {(Booking.objects.get().id, user.id)}
        [listed] = (
            signed_in(member_of(kind.event, "manager"))
            .get(f"/api/v1/events/{kind.event_id}/bookings/")
            .json()["results"]
        )
        assert listed["answers"] == [
            {"question": "Height?", "ticket_type": "Adult", "seat": 1, "value": "176"},
            {"question": "Height?", "ticket_type": "Adult", "seat": 2, "value": "190"},
        ]
        assert csv_rows(export(kind, "csv"))[1][-1] == "Adult 1, Height?: 176; Adult 2, Height?: 190"
        assert "answers" not in signed_in(user).get(f"{BOOK}{booked.json()['id']}/").json()

    @pytest.mark.parametrize(
        ("question", "value"),
        [({}, " "), ({"kind": "consent"}, "no"), ({"kind": "waiver", "text": "Rapids are dangerous."}, "no")],
    )
    def test_are_needed_before_a_seat_is_taken(self, question: dict[str, Any], value: str) -> None:
        kind = make_ticket_type()
        asked = ask(kind, **question)
        client = signed_in(make_user())

        missing = client.post(BOOK, wish(kind), headers=key())
        refused = client.post(BOOK, wish(kind) | {"answers": [answer(asked, kind, 1, value)]}, headers=key())

        assert errors_of(missing) == errors_of(refused) == [("/answers", "required")]
        assert not Booking.objects.exists()
        assert seats_of(kind) == (0, 0)

    def test_fit_what_is_asked(self) -> None:
        kind, other = make_ticket_type(), make_ticket_type()
        size = ask(kind, kind="choice", choices=["S", "M"], prompt="Wetsuit?")
        foreign = ask(other)
        given = [answer(size, kind, 1, "XXL"), answer(foreign, kind, 1, "x"), answer(size, kind, 2, "S")]

        for path in (BOOK, QUOTE):
            response = signed_in(make_user()).post(path, wish(kind) | {"answers": given}, headers=key())

            assert errors_of(response)[:3] == [
                ("/answers/0/value", "invalid"),
                ("/answers/1", "not_asked"),
                ("/answers/2", "not_asked"),
            ]

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"seat": 0}, "/answers/0/seat"),
            ({"question": "?"}, "/answers/0/question"),
            ({"value": "a\0b"}, "/answers/0/value"),
            ({"value": "x" * 2001}, "/answers/0/value"),
            ({"colour": "red"}, "/answers/0/colour"),
        ],
    )
    def test_have_a_shape(self, change: dict[str, Any], pointer: str) -> None:
        kind = make_ticket_type()
        given = answer(ask(kind), kind, 1, "176") | change

        response = signed_in(make_user()).post(BOOK, wish(kind) | {"answers": [given]}, headers=key())

        assert errors_of(response)[0][0] == pointer

    def test_are_named_by_the_quote_also_of_a_type_behind_a_code(self) -> None:
        kind = make_ticket_type(access_code="wave")
        question = ask(kind, ticket_type=kind)
        ask(kind, ticket_type=make_ticket_type(event=kind.event), prompt="Another's")
        client = signed_in(make_user())

        told = client.post(QUOTE, wish(kind) | {"access_code": "wave"}).json()
        hidden = client.post(QUOTE, wish(kind) | {"access_code": "storm"})

        assert [one["id"] for one in told["questions"]] == [str(question.id)]
        assert errors_of(hidden) == [("/items", "unknown_ticket_type")]

    def test_cost_the_organizers_list_no_query(self) -> None:
        kind = make_ticket_type(capacity=50)
        question, manager, counts = ask(kind), signed_in(member_of(kind.event, "manager")), []
        for _ in range(2):
            for _ in range(2):
                body = wish(kind) | {"answers": [answer(question, kind, 1, "176")]}
                assert signed_in(make_user()).post(BOOK, body, headers=key()).status_code == 201
            with CaptureQueriesContext(connection) as queries:
                manager.get(f"/api/v1/events/{kind.event_id}/bookings/")
            counts.append(len(queries))

        assert counts[0] == counts[1]


class TestAnswersOnThePage:
    def test_are_asked_for_each_seat_before_anything_is_taken(self) -> None:
        kind = make_ticket_type(name="Adult")
        question = ask(kind)
        ask(kind, kind="waiver", prompt="I take the risk", text="Rapids are dangerous.")
        client = browser_of(make_user())

        page = client.post(f"/events/{kind.event_id}/book/", {f"quantity-{kind.id}": "2"})

        assert page.status_code == 200
        assert "Rapids are dangerous." in text_of(page)
        assert "Adult, seat 2" in text_of(page)
        assert f'name="{field(question, kind, 2)}"' in page.content.decode()
        assert not Booking.objects.exists()

    def test_are_kept(self) -> None:
        kind = make_ticket_type()
        question, client = ask(kind), browser_of(make_user())
        filled_in = {f"quantity-{kind.id}": "1", "asked": "yes", field(question, kind, 1): "<b>176</b>"}

        again = client.post(f"/events/{kind.event_id}/quote/", filled_in)
        booked = client.post(f"/events/{kind.event_id}/book/", filled_in)

        assert 'value="&lt;b&gt;176&lt;/b&gt;"' in again.content.decode()
        assert booked.status_code == 302
        assert Answer.objects.get().value == "<b>176</b>"
        listed = browser_of(member_of(kind.event, "owner")).get(f"/events/{kind.event_id}/bookings/")
        assert "<dd>&lt;b&gt;176&lt;/b&gt;</dd>" in listed.content.decode()

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [("", "“Height?” needs an answer for each seat."), ("a\0b", "This is no answer to the question.")],
    )
    def test_say_what_is_missing(self, value: str, sentence: str) -> None:
        kind = make_ticket_type()
        question, client = ask(kind), browser_of(make_user())
        filled_in = {f"quantity-{kind.id}": "1", "asked": "yes", field(question, kind, 1): value, "answer-x-y-1": "z"}

        refused = client.post(f"/events/{kind.event_id}/book/", filled_in)

        assert said(refused) == [sentence]
        assert not Booking.objects.exists()


class TestAccessCodeOnThePage:
    def test_opens_the_tickets_and_goes_along(self) -> None:
        kind = make_ticket_type(name="Friends", access_code="wave")
        client = browser_of(make_user())
        page = f"/events/{kind.event.slug}-{kind.event_id}/"

        closed, wrong, opened = [
            text_of(client.get(page + code)) for code in ("", "?access_code=x", "?access_code=wave")
        ]
        form = client.get(page + "?access_code=wave").content.decode()
        client.post(f"/events/{kind.event_id}/book/", {f"quantity-{kind.id}": "1", "access_code": "wave"})

        assert ("Friends" in closed, "Friends" in wrong, "Friends" in opened) == (False, False, True)
        assert "I have an access code" in closed
        assert "Nothing more opens with this code." in wrong
        assert 'name="access_code" value="wave"' in form
        assert Booking.objects.get().quantities == {kind.id: 1}
