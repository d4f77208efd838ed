"""What an event asks, and what was answered."""

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from common.problems import NotFound
from events.actors import Actor
from events.models import Answer, Event, Question
from events.selectors.events import Standing, get_managed_event


def list_questions(*, event: Event, standing: Standing) -> QuerySet[Question]:
    """Return what the event asks; of a type behind an access code only to insiders. Uses events_question_of_event."""
    questions = Question.objects.filter(event=event).asked()
    if standing.inside:
        return questions
    return questions.exclude(ticket_type__access_code__gt="")


def list_questions_for_organizer(*, event: Event) -> QuerySet[Question]:
    """Return all that is asked, in order, with the ticket types. Uses events_question_of_event."""
    return Question.objects.filter(event=event).asked().in_order().select_related("ticket_type")


def get_question(*, event: Event, question_id: uuid.UUID) -> Question:
    """Return one question that the event asks.

    Raises:
        NotFound: it doesn't ask this, or no more.
    """
    question = list_questions_for_organizer(event=event).filter(id=question_id).first()
    if question is None:
        raise NotFound
    return question


def list_questions_of_types(*, event_id: uuid.UUID, ticket_type_ids: Iterable[uuid.UUID]) -> QuerySet[Question]:
    """Return what is asked for seats of these types, in order. Uses events_question_of_event."""
    theirs = Q(ticket_type=None) | Q(ticket_type__in=list(ticket_type_ids))
    return Question.objects.filter(theirs, event_id=event_id).asked().in_order()


def asks_anything(*, event_id: uuid.UUID, ticket_type_ids: Iterable[uuid.UUID]) -> bool:
    """Tell whether something is asked for seats of these types."""
    return list_questions_of_types(event_id=event_id, ticket_type_ids=ticket_type_ids).exists()


def list_answers(*, actor: Actor, event_id: uuid.UUID) -> QuerySet[Answer]:
    """Return what was answered, to those who manage the event. Uses index events_answer_of_event.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    return Answer.objects.filter(event=event).select_related("question", "ticket_type", "user")
