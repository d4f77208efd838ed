"""Create an event: a draft that only its organizer sees."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organizer
from accounts.selectors import get_managed_organizer, list_managed_organizer_ids
from common.ids import new_id
from common.problems import FieldProblem, InvalidInput, NotAllowed, Problem
from common.transactions import requires_transaction, violated_constraint, violations
from events.actors import Actor
from events.models import Event
from events.selectors.events import get_readable_event
from events.services.add_ticket_type import insert_ticket_type
from events.services.update_event import ENDS_AFTER_START, ends_before_start
from events.slugs import slug_of

SLUG_UNIQUE = "events_event_slug_unique"
PRIMARY_KEY = "events_event_pkey"


class DraftExists(Problem):
    """The draft that is to be made under this id has been made already."""

    code = "draft_exists"
    status = 409
    title = "This event has been created already."


@requires_transaction
def create_event(
    *,
    actor: Actor,
    organizer_id: uuid.UUID | None,
    fields: dict[str, Any],
    ticket_types: list[dict[str, Any]],
    event_id: uuid.UUID | None = None,
) -> Event:
    """Create a draft with its ticket types; the organizer may be left out by who manages only one.

    Whoever may ask twice says the new event's id.

    Raises:
        NotAllowed: the actor manages no organizer.
        NotFound: the organizer isn't one that the actor manages.
        InvalidInput: several organizers to choose from, or the fields contradict each other.
        DraftExists: an event has this id already.
    """
    organizer = _organizer(actor=actor, organizer_id=organizer_id)
    event = Event(id=event_id or new_id(), organizer=organizer, **fields)
    event.slug = _free_slug(event)
    with violations({ENDS_AFTER_START: ends_before_start}):
        _insert(event)
    for position, ticket_type in enumerate(ticket_types):
        insert_ticket_type(
            event=event, fields={"position": position, **ticket_type}, pointer=f"/ticket_types/{position}"
        )
    return get_readable_event(actor=actor, event_id=event.id)


def _organizer(*, actor: Actor, organizer_id: uuid.UUID | None) -> Organizer:
    if actor.user_id is None:
        raise NotAllowed
    if organizer_id is None:
        managed = list(list_managed_organizer_ids(user_id=actor.user_id)[:2])
        if not managed:
            raise NotAllowed(_("Create an organizer first."))
        if len(managed) > 1:
            raise InvalidInput(
                errors=(FieldProblem("/organizer", "required", _("Say which of your organizers it is.")),)
            )
        organizer_id = managed[0]
    return get_managed_organizer(user_id=actor.user_id, organizer_id=organizer_id)


def _free_slug(event: Event) -> str:
    """Add the id's random tail when the organizer has an event of this title already."""
    slug = slug_of(event.title)
    return _with_tail(event) if Event.objects.filter(organizer=event.organizer, slug=slug).exists() else slug


def _with_tail(event: Event) -> str:
    return f"{slug_of(event.title)}-{event.id.hex[-8:]}"


def _insert(event: Event) -> None:
    """Write the row; of two events of one title that are made at once, the later one gets the tail."""
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == PRIMARY_KEY:
            raise DraftExists from error
        if violated_constraint(error) != SLUG_UNIQUE:
            raise
        event.slug = _with_tail(event)
        event.save(force_insert=True)
