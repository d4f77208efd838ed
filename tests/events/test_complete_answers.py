"""Answers that come after a booking was made."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from common.problems import InvalidInput
from common.transactions import NoTransaction, use_case
from events.models import Answer, Question, TicketType
from events.services.complete_answers import (
    check_completion,
    check_fitting,
    complete_answers,
    forget_answers_of_seat,
    missing_answers,
    note_answers,
)
from events.services.record_answers import GivenAnswer
from tests.factories.accounts import make_user
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
BOOKING = uuid.uuid4()


def ask(kind: TicketType, **fields: Any) -> Question:
    return Question.objects.create(event=kind.event, kind="text", prompt="Height?", **fields)


def given(question: Question, kind: TicketType, seat: int, value: str) -> GivenAnswer:
    return GivenAnswer(question_id=question.id, ticket_type_id=kind.id, seat=seat, value=value)


def write(kind: TicketType, seats: int, *answers: GivenAnswer, by: Any = complete_answers) -> None:
    with use_case():
        by(
            event_id=kind.event_id,
            booking_id=BOOKING,
            user_id=make_user().id,
            quantities={kind.id: seats},
            answers=answers,
            now=timezone.now(),
        )


def kept() -> list[tuple[int, str]]:
    return list(Answer.objects.order_by("seat").values_list("seat", "value"))


class TestCompleteAnswers:
    def test_counts_what_was_answered_before(self) -> None:
        kind = make_ticket_type()
        question = ask(kind)
        write(kind, 1, given(question, kind, 1, "176"))

        write(kind, 2, given(question, kind, 2, "190"))

        assert kept() == [(1, "176"), (2, "190")]

    def test_refuses_to_leave_a_gap(self) -> None:
        kind = make_ticket_type()
        question = ask(kind)

        with pytest.raises(InvalidInput):
            write(kind, 2, given(question, kind, 2, "190"))

        assert (kept(), missing(kind, 2)) == ([], 2)

    def test_forgets_seats_that_are_gone(self) -> None:
        kind = make_ticket_type()
        question = ask(kind)
        write(kind, 2, given(question, kind, 1, "176"), given(question, kind, 2, "190"))

        write(kind, 1)

        assert kept() == [(1, "176")]

    def test_is_a_step_of_a_transaction(self) -> None:
        kind = make_ticket_type()

        with pytest.raises(NoTransaction):
            complete_answers(
                event_id=kind.event_id,
                booking_id=BOOKING,
                user_id=make_user().id,
                quantities={},
                answers=[],
                now=timezone.now(),
            )

    def test_is_checked_without_being_written(self) -> None:
        kind = make_ticket_type()
        asked = {"event_id": kind.event_id, "booking_id": BOOKING, "quantities": {kind.id: 1}}
        nothing = check_completion(answers=[], **asked)
        question = ask(kind)

        wanted = check_completion(answers=[given(question, kind, 1, "176")], **asked)

        assert (nothing, list(wanted.values()), kept()) == ({}, [question], [])


class TestNoteAnswers:
    def test_keeps_what_fits_and_lets_the_rest_go(self) -> None:
        kind = make_ticket_type()
        question, choice = ask(kind), ask(kind)
        Question.objects.filter(id=choice.id).update(kind="choice", choices=["a", "b"])

        write(kind, 1, given(question, kind, 1, "176"), given(question, kind, 2, "1"), by=note_answers)
        write(kind, 1, given(choice, kind, 1, "c"), by=note_answers)

        assert kept() == [(1, "176")]


class TestCheckFitting:
    def test_points_at_what_is_not_asked(self) -> None:
        kind = make_ticket_type()
        question = ask(kind)

        check_fitting(event_id=kind.event_id, quantities={kind.id: 2}, answers=[given(question, kind, 1, "1")])
        with pytest.raises(InvalidInput):
            check_fitting(event_id=kind.event_id, quantities={kind.id: 1}, answers=[given(question, kind, 2, "1")])


class TestForgetAnswersOfSeat:
    def test_lets_the_seats_behind_move_up(self) -> None:
        kind = make_ticket_type()
        question = ask(kind)
        write(kind, 4, *(given(question, kind, seat, f"tall {seat}") for seat in range(1, 5)))

        with use_case():
            forget_answers_of_seat(booking_id=BOOKING, ticket_type_id=kind.id, seat=2)

        assert kept() == [(1, "tall 1"), (2, "tall 3"), (3, "tall 4")]


def missing(kind: TicketType, seats: int) -> int:
    return missing_answers(event_id=kind.event_id, booking_id=BOOKING, quantities={kind.id: seats})
