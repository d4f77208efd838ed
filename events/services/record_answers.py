"""Keep what the people of a booking have answered: called by bookings, in the transaction that takes the seats."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput
from common.statements import composed_once
from common.transactions import requires_transaction
from events.models import Answer, Question
from events.selectors.questions import list_questions_of_types

YES, NO = "yes", "no"
LONGEST = 2000
# A question, a ticket type, and which of its seats.
Place = tuple[uuid.UUID, uuid.UUID, int]


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """One answer for one seat; the first seat of a type is 1. Consents and waivers say `yes` or `no`."""

    question_id: uuid.UUID
    ticket_type_id: uuid.UUID
    seat: int
    value: str

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of an answer until its seat is there."""
        told = {"question": str(self.question_id), "ticket_type": str(self.ticket_type_id)}
        return told | {"seat": self.seat, "value": self.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the answer that `as_json` has written."""
        question_id, ticket_type_id = uuid.UUID(kept["question"]), uuid.UUID(kept["ticket_type"])
        return cls(question_id=question_id, ticket_type_id=ticket_type_id, seat=kept["seat"], value=kept["value"])


@requires_transaction
def record_answers(
    *,
    event_id: uuid.UUID,
    booking_id: uuid.UUID,
    user_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    answers: Sequence[GivenAnswer],
    now: datetime,
) -> None:
    """Write the answers with the words that were asked, in two statements however many.

    Raises:
        InvalidInput: something required is missing, or an answer fits no question; all at once, with pointers.
    """
    wanted = check_answers(event_id=event_id, quantities=quantities, answers=answers)
    about = {"event_id": event_id, "booking_id": booking_id, "user_id": user_id, "answered_at": now}
    Answer.objects.bulk_create(answer_rows(wanted, answers, **about))


def answer_rows(wanted: Mapping[Place, Question], answers: Sequence[GivenAnswer], **about: Any) -> list[Answer]:
    """Return the rows of what was answered, each with the words that were asked; `about` are the other columns."""
    return [
        Answer(
            question_id=one.question_id,
            ticket_type_id=one.ticket_type_id,
            seat=one.seat,
            prompt=wanted[place_of(one)].prompt,
            text=wanted[place_of(one)].text,
            value=one.value.strip(),
            **about,
        )
        for one in answers
        if one.value.strip()
    ]


def check_answers(
    *, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], answers: Sequence[GivenAnswer]
) -> dict[Place, Question]:
    """Return what is asked for each seat, if the answers are complete; write nothing.

    Raises:
        InvalidInput: something required is missing, or an answer fits no question; all at once, with pointers.
    """
    wanted = asked_places(event_id=event_id, quantities=quantities)
    given = {place_of(one): one.value.strip() for one in answers}
    problems = (*unfit(wanted, answers), *lacking(wanted, given))
    if problems:
        raise InvalidInput(errors=problems)
    return wanted


def asked_places(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> dict[Place, Question]:
    """Return every question of every seat."""
    return {
        (one.id, type_id, seat): one
        for one in _asked.prepared(event_id=event_id, ticket_type_ids=list(quantities))
        for type_id, quantity in quantities.items()
        if one.ticket_type_id in (None, type_id)
        for seat in range(1, quantity + 1)
    }


# Every booking asks this, and most events ask nothing.
_asked = composed_once(list_questions_of_types)


def place_of(answer: GivenAnswer) -> Place:
    return answer.question_id, answer.ticket_type_id, answer.seat


def unfit(wanted: Mapping[Place, Question], answers: Sequence[GivenAnswer]) -> Iterator[FieldProblem]:
    """Yield what is wrong with what was given."""
    given: set[Place] = set()
    for number, answer in enumerate(answers):
        question = wanted.get(place_of(answer))
        if question is None:
            yield FieldProblem(f"/answers/{number}", "not_asked", _("This isn't asked for this seat."))
        elif place_of(answer) in given:
            yield FieldProblem(f"/answers/{number}", "unique", _("This was answered twice."))
        elif not fits(question, answer.value.strip()):
            yield FieldProblem(f"/answers/{number}/value", "invalid", _("This is no answer to the question."))
        given.add(place_of(answer))


def lacking(wanted: Mapping[Place, Question], values: Mapping[Place, str]) -> Iterator[FieldProblem]:
    """Yield what is required and wasn't answered, or not agreed to."""
    for place, question in wanted.items():
        value = values.get(place, "")
        agrees = question.kind not in (Question.Kind.CONSENT, Question.Kind.WAIVER) or value == YES
        if question.is_required and not (value and agrees):
            detail = _("“%(question)s” needs an answer for each seat.") % {"question": question.prompt}
            yield FieldProblem("/answers", "required", detail)


def fits(question: Question, value: str) -> bool:
    """Tell whether a value is an answer to the question, or none at all."""
    if question.kind == Question.Kind.CHOICE:
        return value in ("", *question.choices)
    if question.kind in (Question.Kind.CONSENT, Question.Kind.WAIVER):
        return value in ("", YES, NO)
    # PostgreSQL keeps no zero characters.
    return len(value) <= LONGEST and "\0" not in value
