"""Keep what the people of a booking have answered: called by bookings, in the transaction that takes the seats."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    Answer.objects.bulk_create(
        Answer(
            question_id=one.question_id,
            event_id=event_id,
            ticket_type_id=one.ticket_type_id,
            user_id=user_id,
            booking_id=booking_id,
            seat=one.seat,
            prompt=wanted[_place(one)].prompt,
            text=wanted[_place(one)].text,
            value=one.value.strip(),
            answered_at=now,
        )
        for one in answers
        if one.value.strip()
    )


def check_answers(
    *, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], answers: Sequence[GivenAnswer]
) -> dict[Place, Question]:
    """Return what is asked for each seat, if the answers are complete; write nothing.

    Raises:
        InvalidInput: something required is missing, or an answer fits no question; all at once, with pointers.
    """
    wanted = {
        (one.id, type_id, seat): one
        for one in _asked(event_id=event_id, ticket_type_ids=list(quantities))
        for type_id, quantity in quantities.items()
        if one.ticket_type_id in (None, type_id)
        for seat in range(1, quantity + 1)
    }
    problems = tuple(_problems(wanted, answers))
    if problems:
        raise InvalidInput(errors=problems)
    return wanted


# Every booking asks this, and most events ask nothing.
_asked = composed_once(list_questions_of_types)


def _place(answer: GivenAnswer) -> Place:
    return answer.question_id, answer.ticket_type_id, answer.seat


def _problems(wanted: Mapping[Place, Question], answers: Sequence[GivenAnswer]) -> Iterator[FieldProblem]:
    given: dict[Place, str] = {}
    for number, answer in enumerate(answers):
        question = wanted.get(_place(answer))
        if question is None:
            yield FieldProblem(f"/answers/{number}", "not_asked", _("This isn't asked for this seat."))
        elif _place(answer) in given:
            yield FieldProblem(f"/answers/{number}", "unique", _("This was answered twice."))
        elif not _fits(question, answer.value.strip()):
            yield FieldProblem(f"/answers/{number}/value", "invalid", _("This is no answer to the question."))
        given[_place(answer)] = answer.value.strip()
    for place, question in wanted.items():
        value = given.get(place, "")
        agrees = question.kind not in (Question.Kind.CONSENT, Question.Kind.WAIVER) or value == YES
        if question.is_required and not (value and agrees):
            detail = _("“%(question)s” needs an answer for each seat.") % {"question": question.prompt}
            yield FieldProblem("/answers", "required", detail)


def _fits(question: Question, value: str) -> bool:
    if question.kind == Question.Kind.CHOICE:
        return value in ("", *question.choices)
    if question.kind in (Question.Kind.CONSENT, Question.Kind.WAIVER):
        return value in ("", YES, NO)
    # PostgreSQL keeps no zero characters.
    return len(value) <= LONGEST and "\0" not in value
