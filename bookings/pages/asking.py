"""What the booking form asks for each seat, and what was filled in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.models import Answer, Question
from events.services.record_answers import GivenAnswer

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ANSWER = re.compile(rf"answer-(?P<question>{ID})-(?P<ticket_type>{ID})-(?P<seat>[0-9]{{1,4}})")
# The form was shown: what isn't answered now is missing.
ASKED = "asked"


@dataclass(frozen=True)
class AskedField:
    """One question for one seat: its name in the form, and what was filled in before."""

    name: str
    question: Question
    value: str


@dataclass(frozen=True)
class AskedSeat:
    """One seat and what is asked for it."""

    ticket_type: str
    seat: int
    fields: tuple[AskedField, ...]


# A ticket type, its name, and how many of its seats.
Line = tuple[UUID, str, int]


def seats_to_ask(lines: Iterable[Line], questions: Iterable[Question], fields: Mapping[str, str]) -> list[AskedSeat]:
    """Return the seats for which something is asked, in the order of the lines."""
    asked = tuple(questions)
    seats = [
        AskedSeat(name, seat, tuple(_asked(asked, ticket_type, seat, fields)))
        for ticket_type, name, quantity in lines
        for seat in range(1, quantity + 1)
    ]
    return [one for one in seats if one.fields]


def fields_of(given: Iterable[Answer]) -> dict[str, str]:
    """Return answers as the form has them."""
    return {_name(one.question_id, one.ticket_type_id, one.seat): one.value for one in given}


def given_answers(fields: Any) -> list[GivenAnswer]:
    """Read `answer-<question>-<ticket type>-<seat>` fields; a name that isn't one is passed over."""
    answers = []
    for name, value in fields.items():
        match = ANSWER.fullmatch(name)
        if match:
            question_id, ticket_type_id = UUID(match["question"]), UUID(match["ticket_type"])
            seat = int(match["seat"])
            answers.append(GivenAnswer(question_id=question_id, ticket_type_id=ticket_type_id, seat=seat, value=value))
    return answers


def _asked(
    questions: tuple[Question, ...], ticket_type: UUID, seat: int, fields: Mapping[str, str]
) -> Iterator[AskedField]:
    for question in questions:
        if question.ticket_type_id in (None, ticket_type):
            name = _name(question.id, ticket_type, seat)
            yield AskedField(name, question, fields.get(name, ""))


def _name(question_id: UUID, ticket_type: UUID, seat: int) -> str:
    return f"answer-{question_id}-{ticket_type}-{seat}"
