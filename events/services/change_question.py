"""Put a question differently; what was answered keeps the words that it answered."""

import uuid
from typing import Any

from common.problems import NotFound
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import Question
from events.selectors.events import get_managed_event
from events.services.add_question import MEANING, question_columns
from events.services.update_event import write_fields


@requires_transaction
def change_question(
    *,
    actor: Actor,
    event_id: uuid.UUID,
    question_id: uuid.UUID,
    fields: dict[str, Any],
    expected_version: int | None = None,
) -> Question:
    """Write the fields; to be asked no more, a question is retired: `retired_at`.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's, or doesn't ask this.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
        InvalidInput: the fields contradict each other.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    asked = Question.objects.filter(id=question_id, event=event).asked()
    columns = question_columns(event=event, fields=fields)
    with violations(MEANING):
        # Without columns Django writes nothing, and finds nothing.
        if not (asked.update(**columns) if columns else asked.exists()):
            raise NotFound
    return Question.objects.get(id=question_id)
