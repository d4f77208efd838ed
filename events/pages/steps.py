"""Steps of an event's life that people take on its page: who is offered which, and what each asks and tells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from events.actors import Actor
from events.models import Event
from events.models.lifecycle import TRANSITIONS, Driver, Status
from events.pages.presentation import url_of
from events.services.archive_event import archive_event
from events.services.cancel_event import cancel_event
from events.services.delete_draft import delete_draft
from events.services.duplicate_event import duplicate_event
from events.services.restore_event import restore_event
from events.services.suspend_event import suspend_event

MINE = "/events/mine/"


@dataclass(frozen=True)
class Step:
    """One step. `take` carries it out inside a use case and returns where the reader goes then."""

    name: str
    title: Any
    explanation: Any
    done: Any
    take: Callable[..., str]
    needs_reason: bool = False
    # Can't be undone.
    is_final: bool = False


def edit_address(event: Event) -> str:
    return f"/events/{event.id}/edit/"


def _cancel(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    return url_of(cancel_event(actor=actor, event_id=event.id, reason=reason, expected_version=version))


def _archive(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    archive_event(actor=actor, event_id=event.id, expected_version=version)
    return MINE


def _suspend(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    return url_of(suspend_event(administrator=actor, event_id=event.id, reason=reason, expected_version=version))


def _restore(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    return url_of(restore_event(administrator=actor, event_id=event.id, now=now, expected_version=version))


def _delete(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    delete_draft(actor=actor, event_id=event.id, now=now, expected_version=version)
    return MINE


def _duplicate(*, actor: Actor, event: Event, reason: str, version: int, now: datetime) -> str:
    return edit_address(duplicate_event(actor=actor, event_id=event.id))


STEPS = {
    one.name: one
    for one in (
        Step(
            "duplicate",
            _("Duplicate"),
            _("Makes a draft that says the same, with its ticket types and questions; then give it another time."),
            _("This is the copy. Give it another time."),
            _duplicate,
        ),
        Step(
            "cancel",
            _("Cancel the event"),
            _("Everyone who has booked gets everything back and is told why. It can't be undone."),
            _("The event is cancelled."),
            _cancel,
            needs_reason=True,
            is_final=True,
        ),
        Step(
            "archive",
            _("Archive"),
            _("The event stays where people have the link, and leaves your list of what is to be done."),
            _("The event is archived."),
            _archive,
        ),
        Step(
            "suspend",
            _("Take down"),
            _("Nobody but its organizer sees the event, tickets aren't admitted; the organizer reads the reason."),
            _("The event is taken down."),
            _suspend,
            needs_reason=True,
        ),
        Step(
            "restore",
            _("Put back"),
            _("The event returns to the catalogue and its tickets are admitted again."),
            _("The event is back."),
            _restore,
        ),
        Step(
            "delete",
            _("Delete the draft"),
            _("Nobody has seen it, so nothing is left of it. It can't be undone."),
            _("The draft is deleted."),
            _delete,
            is_final=True,
        ),
    )
}


def steps_of(event: Event, *, actor: Actor, manages: bool) -> list[Step]:
    """Return what somebody who manages or moderates the event may do with it now, in the order of the table above.

    A draft is published where it is written.
    """
    drivers = ({Driver.ORGANIZER} if manages else set()) | ({Driver.ADMINISTRATOR} if actor.oversees else set())
    names = {one.action for one in TRANSITIONS if one.source == event.status and one.driver in drivers}
    if manages:
        names |= {"duplicate"} | ({"delete"} if event.status == Status.DRAFT else set())
    return [one for one in STEPS.values() if one.name in names]
