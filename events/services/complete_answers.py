"""Answers that come after a booking was made: for seats that were offered, changed, handed over or sold at the door."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from common.problems import InvalidInput
from common.transactions import requires_transaction
from events.models import Answer, Question
from events.services.record_answers import GivenAnswer, Place, answer_rows, asked_places, fits, lacking, place_of, unfit


@requires_transaction
def complete_answers(
    *,
    event_id: uuid.UUID,
    booking_id: uuid.UUID,
    user_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    answers: Sequence[GivenAnswer],
    now: datetime,
) -> None:
    """Add to what was answered before, or put another answer in its place; afterwards nothing required is missing.

    Answers for seats that the booking has no more go.

    Raises:
        InvalidInput: something required is missing, or an answer fits no question; all at once, with pointers.
    """
    wanted = check_completion(event_id=event_id, booking_id=booking_id, quantities=quantities, answers=answers)
    forget_answers_of_gone_seats(booking_id=booking_id, quantities=quantities)
    _write(wanted, answers, event_id=event_id, booking_id=booking_id, user_id=user_id, now=now)


def check_completion(
    *,
    event_id: uuid.UUID,
    booking_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    answers: Sequence[GivenAnswer],
) -> dict[Place, Question]:
    """Return what is asked for each seat, if with these answers nothing is missing; write nothing.

    Raises:
        InvalidInput: something required is missing, or an answer fits no question; all at once, with pointers.
    """
    wanted = asked_places(event_id=event_id, quantities=quantities)
    if not wanted and not answers:
        return {}
    values = _present(booking_id) | {place_of(one): one.value.strip() for one in answers}
    problems = (*unfit(wanted, answers), *lacking(wanted, values))
    if problems:
        raise InvalidInput(errors=problems)
    return wanted


def check_fitting(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], answers: Sequence[GivenAnswer]) -> None:
    """Refuse answers to what isn't asked; some may be missing.

    Raises:
        InvalidInput: an answer fits no question.
    """
    if answers:
        problems = tuple(unfit(asked_places(event_id=event_id, quantities=quantities), answers))
        if problems:
            raise InvalidInput(errors=problems)


@requires_transaction
def note_answers(
    *,
    event_id: uuid.UUID,
    booking_id: uuid.UUID,
    user_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    answers: Sequence[GivenAnswer],
    now: datetime,
) -> None:
    """Keep those answers that still fit and let the others go: they were given for something that is asked no more.

    For seats that must not be refused any more: they were waited for, or are paid. What is missing is asked later.
    """
    forget_answers_of_gone_seats(booking_id=booking_id, quantities=quantities)
    if not answers:
        return
    wanted = asked_places(event_id=event_id, quantities=quantities)
    fitting = [one for one in answers if _still_fits(wanted, one)]
    _write(wanted, fitting, event_id=event_id, booking_id=booking_id, user_id=user_id, now=now)


@requires_transaction
def forget_answers_of_gone_seats(*, booking_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> None:
    """Remove what was answered for seats that the booking doesn't have."""
    gone = ~Q(ticket_type_id__in=list(quantities))
    for type_id, quantity in quantities.items():
        gone |= Q(ticket_type_id=type_id, seat__gt=quantity)
    Answer.objects.filter(gone, booking_id=booking_id).delete()


@requires_transaction
def forget_answers_of_person(*, user_id: uuid.UUID) -> int:
    """Remove everything that the person has answered; return how many answers there were."""
    return Answer.objects.filter(user_id=user_id).delete()[0]


@requires_transaction
def forget_answers_of_seat(*, booking_id: uuid.UUID, ticket_type_id: uuid.UUID, seat: int) -> None:
    """Remove what was answered for one seat; the seats behind it move up."""
    answers = Answer.objects.filter(booking_id=booking_id, ticket_type_id=ticket_type_id)
    answers.filter(seat=seat).delete()
    for behind in answers.filter(seat__gt=seat).order_by("seat", "id"):
        # One by one from the front: the place before is always free.
        Answer.objects.filter(id=behind.id).update(seat=behind.seat - 1)


def missing_answers(*, event_id: uuid.UUID, booking_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> int:
    """Return how many required answers a booking lacks."""
    wanted = asked_places(event_id=event_id, quantities=quantities)
    return sum(1 for _problem in lacking(wanted, _present(booking_id))) if wanted else 0


def _present(booking_id: uuid.UUID) -> dict[Place, str]:
    rows = Answer.objects.filter(booking_id=booking_id).values_list("question_id", "ticket_type_id", "seat", "value")
    return {(question, kind, seat): value for question, kind, seat, value in rows}


def _still_fits(wanted: Mapping[Place, Question], answer: GivenAnswer) -> bool:
    question = wanted.get(place_of(answer))
    return question is not None and fits(question, answer.value.strip())


def _write(
    wanted: Mapping[Place, Question],
    answers: Sequence[GivenAnswer],
    *,
    event_id: uuid.UUID,
    booking_id: uuid.UUID,
    user_id: uuid.UUID,
    now: datetime,
) -> None:
    for one in answers:
        if not one.value.strip():
            place = {"question_id": one.question_id, "ticket_type_id": one.ticket_type_id, "seat": one.seat}
            Answer.objects.filter(booking_id=booking_id, **place).delete()
    about = {"event_id": event_id, "booking_id": booking_id, "user_id": user_id, "answered_at": now}
    Answer.objects.bulk_create(
        answer_rows(wanted, answers, **about),
        update_conflicts=True,
        unique_fields=["booking_id", "question", "ticket_type", "seat"],
        update_fields=["prompt", "text", "value", "user", "answered_at"],
    )
