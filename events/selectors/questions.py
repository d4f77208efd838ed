"""What an event asks, and what was answered."""

import uuid

from django.db.models import QuerySet

from events.actors import Actor
from events.models import Answer, Event, Question
from events.selectors.events import Standing, get_managed_event


def list_questions(*, event: Event, standing: Standing) -> QuerySet[Question]:
    """Return what the event asks; of a type behind an access code only to insiders. Uses events_question_of_event."""
    questions = Question.objects.filter(event=event).asked()
    if standing.inside:
        return questions
    return questions.exclude(ticket_type__access_code__gt="")


def list_answers(*, actor: Actor, event_id: uuid.UUID) -> QuerySet[Answer]:
    """Return what was answered, to those who manage the event. Uses index events_answer_of_event.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    return Answer.objects.filter(event=event).select_related("question", "ticket_type", "user")
