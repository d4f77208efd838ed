"""What is asked and answered: events.services.add_question, events.services.change_question and record_answers."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from common.problems import InvalidInput
from common.transactions import use_case
from events.models import Answer, Event, Question, TicketType
from events.services.record_answers import GivenAnswer, record_answers
from tests.events.api.conftest import calling
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
__all__ = ["calling"]
NOW = timezone.now()
SIZE = {"kind": "choice", "prompt": "Wetsuit?", "choices": ["S", "M"]}


def ask(event: Event, **fields: Any) -> Question:
    return Question.objects.create(event=event, **({"kind": "text", "prompt": "Height?"} | fields))


class TestAsk:
    def path(self, event: Event) -> str:
        return f"/api/v1/events/{event.id}/questions/"

    def test_adds_a_question_and_raises_the_events_version(self, calling: Calling) -> None:
        ticket_type = make_ticket_type()
        event = ticket_type.event

        response = calling("owner", event).post(self.path(event), SIZE | {"ticket_type": str(ticket_type.id)})

        assert response.status_code == 201
        assert response.json()["ticket_type"] == str(ticket_type.id)
        assert Event.objects.get().version == 2

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"kind": "choice", "prompt": "?"}, "/choices"),
            (SIZE | {"choices": ["S"]}, "/choices"),
            (SIZE | {"choices": ["S", "S"]}, "/choices"),
            ({"kind": "text", "prompt": "?", "choices": ["a", "b"]}, "/choices"),
            ({"kind": "waiver", "prompt": "I sign"}, "/text"),
            ({"kind": "oath", "prompt": "I swear"}, "/kind"),
            (SIZE | {"ticket_type": str(uuid.uuid4())}, "/ticket_type"),
            (SIZE | {"retired_at": None}, "/retired_at"),
        ],
    )
    def test_refuses_what_makes_no_question(self, calling: Calling, body: dict[str, Any], pointer: str) -> None:
        event = make_event()

        response = calling("owner", event).post(self.path(event), body)

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)

    @pytest.mark.parametrize("questions", [1, 4])
    def test_is_seen_by_everybody_but_what_is_hidden(
        self, calling: Calling, api: APIClient, questions: int, django_assert_num_queries: Any
    ) -> None:
        hidden = make_ticket_type(access_code="wave")
        for _ in range(questions):
            ask(hidden.event)
        ask(hidden.event, ticket_type=hidden)
        ask(hidden.event, retired_at=NOW)

        with django_assert_num_queries(3):
            seen = api.get(self.path(hidden.event)).json()["results"]

        assert len(seen) == questions
        assert len(calling("owner", hidden.event).get(self.path(hidden.event)).json()["results"]) == questions + 1

    def test_changes_and_ends(self, calling: Calling) -> None:
        question = ask(make_event())
        owner, path = calling("owner", question.event), f"{self.path(question.event)}{question.id}/"

        nothing = owner.patch(path, {})
        changed = owner.patch(path, {"prompt": "Weight?"}, headers={"If-Match": '"v2"'})
        stale = owner.patch(path, {"prompt": "Age?"}, headers={"If-Match": '"v1"'})
        ended = owner.delete(path)
        again = owner.delete(path)

        answers = [one.status_code for one in (nothing, changed, stale, ended, again)]
        assert answers == [200, 200, 412, 204, 404]
        question.refresh_from_db()
        assert (question.prompt, question.retired_at is None) == ("Weight?", False)

    @pytest.mark.parametrize(
        ("caller", "answer"), [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403)]
    )
    def test_is_for_those_who_manage_the_event(self, calling: Calling, caller: str, answer: int) -> None:
        question = ask(make_event())
        client, path = calling(caller, question.event), self.path(question.event)

        answers = {
            client.post(path, SIZE).status_code,
            client.patch(f"{path}{question.id}/", {"prompt": "x"}).status_code,
            client.delete(f"{path}{question.id}/").status_code,
            client.get(f"/api/v1/events/{question.event_id}/answers/").status_code,
        }

        assert answers == {answer}


def answer(ticket_type: TicketType, *given: tuple[Question, int, str], seats: int = 1) -> None:
    with use_case():
        record_answers(
            event_id=ticket_type.event_id,
            booking_id=uuid.uuid4(),
            user_id=make_user().id,
            quantities={ticket_type.id: seats},
            answers=[
                GivenAnswer(question_id=question.id, ticket_type_id=ticket_type.id, seat=seat, value=value)
                for question, seat, value in given
            ],
            now=NOW,
        )


def refusals(ticket_type: TicketType, *given: tuple[Question, int, str], seats: int = 1) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        answer(ticket_type, *given, seats=seats)
    assert not Answer.objects.exists()
    return [(one.pointer, one.code) for one in refused.value.errors]


class TestAnswer:
    def test_is_kept_with_the_words_that_were_asked(self) -> None:
        kind = make_ticket_type()
        waiver = ask(kind.event, kind="waiver", prompt="I take the risk", text="Rapids are dangerous.")

        answer(kind, (waiver, 1, "yes"), (waiver, 2, "yes"), seats=2)
        Question.objects.update(text="Rapids are harmless.")

        kept = Answer.objects.order_by("seat")
        assert [(one.seat, one.value, one.prompt, one.text) for one in kept] == [
            (1, "yes", "I take the risk", "Rapids are dangerous."),
            (2, "yes", "I take the risk", "Rapids are dangerous."),
        ]

    def test_is_needed_for_each_seat(self) -> None:
        kind = make_ticket_type()
        size = ask(kind.event, **SIZE)

        assert refusals(kind, (size, 1, "S"), seats=2) == [("/answers", "required")]
        assert refusals(kind, (size, 1, "  ")) == [("/answers", "required")]

    def test_may_be_left_out_where_it_is_optional(self) -> None:
        kind = make_ticket_type()
        ask(kind.event, is_required=False)

        answer(kind)

        assert not Answer.objects.exists()

    @pytest.mark.parametrize("value", ["no", ""])
    def test_to_a_required_consent_is_yes(self, value: str) -> None:
        kind = make_ticket_type()
        consent = ask(kind.event, kind="consent", prompt="Photographs?")

        assert refusals(kind, (consent, 1, value)) == [("/answers", "required")]

    @pytest.mark.parametrize(
        ("question", "value"), [(SIZE, "XXL"), ({"kind": "consent"}, "maybe"), ({"kind": "text"}, "x" * 2001)]
    )
    def test_fits_the_question(self, question: dict[str, Any], value: str) -> None:
        kind = make_ticket_type()

        wrong = refusals(kind, (ask(kind.event, is_required=False, **question), 1, value))

        assert wrong == [("/answers/0/value", "invalid")]

    def test_is_to_what_is_asked_for_this_seat(self) -> None:
        kind = make_ticket_type()
        other = ask(kind.event, ticket_type=make_ticket_type(event=kind.event))
        foreign, retired = ask(make_event()), ask(kind.event, retired_at=NOW)
        own = ask(kind.event, is_required=False)

        wrong = refusals(kind, (other, 1, "x"), (foreign, 1, "x"), (retired, 1, "x"), (own, 2, "x"), (own, 0, "x"))

        assert wrong == [(f"/answers/{number}", "not_asked") for number in range(5)]

    def test_is_given_once(self) -> None:
        kind = make_ticket_type()
        question = ask(kind.event)

        assert refusals(kind, (question, 1, "x"), (question, 1, "y")) == [("/answers/1", "unique")]

    def test_takes_two_statements_however_many(self, django_assert_num_queries: Any) -> None:
        kind = make_ticket_type()
        questions = [ask(kind.event) for _ in range(5)]
        user = make_user()

        with use_case(), django_assert_num_queries(2):
            record_answers(
                event_id=kind.event_id,
                booking_id=uuid.uuid4(),
                user_id=user.id,
                quantities={kind.id: 3},
                answers=[
                    GivenAnswer(question_id=one.id, ticket_type_id=kind.id, seat=seat, value="x")
                    for one in questions
                    for seat in (1, 2, 3)
                ],
                now=NOW,
            )

        assert Answer.objects.count() == 15

    def test_is_read_by_those_who_manage_the_event(self, calling: Calling) -> None:
        kind = make_ticket_type()
        answer(kind, (ask(kind.event), 1, "180"))

        shown = calling("manager", kind.event).get(f"/api/v1/events/{kind.event_id}/answers/").json()["results"]

        assert [(one["value"], one["ticket_type"], one["seat"]) for one in shown] == [("180", kind.name, 1)]
