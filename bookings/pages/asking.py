"""What the booking form asks for each seat, and what was filled in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bookings.services.quote_seats import Quote
from events.models import Question
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


def seats_to_ask(quote: Quote, fields: Any) -> list[AskedSeat]:
    """Return the seats for which something is asked, in the order of the quote."""
    seats = [
        AskedSeat(line.name, seat, tuple(_asked(quote, line.ticket_type, seat, fields)))
        for line in quote.items
        for seat in range(1, line.quantity + 1)
    ]
    return [one for one in seats if one.fields]


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


def _asked(quote: Quote, ticket_type: UUID, seat: int, fields: Any) -> Iterator[AskedField]:
    for question in quote.questions:
        if question.ticket_type_id in (None, ticket_type):
            name = f"answer-{question.id}-{ticket_type}-{seat}"
            yield AskedField(name, question, fields.get(name, ""))
