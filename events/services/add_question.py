"""Ask those who attend something."""

import uuid
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import Event, Question
from events.selectors.events import get_managed_event
from events.services.update_event import write_fields


@requires_transaction
def add_question(
    *, actor: Actor, event_id: uuid.UUID, fields: dict[str, Any], expected_version: int | None = None
) -> Question:
    """Add a question of the event, or of one of its ticket types; who has booked already isn't asked.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
        InvalidInput: the fields contradict each other, or the ticket type isn't the event's.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    columns = question_columns(event=event, fields=fields)
    with violations(MEANING):
        return Question.objects.create(event=event, **columns)


def question_columns(*, event: Event, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as columns.

    Raises:
        InvalidInput: the ticket type isn't the event's.
    """
    if "ticket_type" not in fields:
        return fields
    rest = {name: value for name, value in fields.items() if name != "ticket_type"}
    wanted = fields["ticket_type"]
    if wanted is not None and not event.ticket_types.filter(id=wanted).exists():
        detail = _("Choose ticket types of this event.")
        raise InvalidInput(errors=(FieldProblem("/ticket_type", "unknown_ticket_type", detail),))
    return rest | {"ticket_type_id": wanted}


def _wrong(field: str, code: str, detail: str) -> Callable[[], Problem]:
    return lambda: InvalidInput(errors=(FieldProblem(f"/{field}", code, _(detail)),))


CHOICES_FIT = "A choice needs something to choose from, and nothing else has choices."
WAIVER_HAS_TEXT = "Say what is signed here."
MEANING: dict[str, Callable[[], Problem]] = {
    "events_question_choices_fit": _wrong("choices", "invalid", CHOICES_FIT),
    "events_question_waiver_has_text": _wrong("text", "required", WAIVER_HAS_TEXT),
}
