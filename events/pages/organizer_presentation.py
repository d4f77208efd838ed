"""What organizers see: their events, and what they may do with each."""

import uuid
from collections.abc import Collection
from typing import Any

from django.urls import reverse

from events.actors import Actor
from events.covers import cover_url_of
from events.models import Event
from events.models.lifecycle import EDITABLE, LISTED
from events.pages.presentation import url_of
from events.pages.steps import edit_address, steps_of
from events.pages.workplace import tabs_of
from events.selectors.events import Standing


def present_own_event(event: Any, *, managed: Collection[uuid.UUID]) -> dict[str, Any]:
    """Return a row of the list; door staff of an organizer see its events and the door."""
    manages = event.organizer_id in managed
    return {
        "event": event,
        "url": url_of(event),
        "cover": cover_url_of(event),
        "taken": event.held + event.sold,
        "share": min(1, (event.held + event.sold) / event.seats) if event.seats else 0,
    } | _links(event, manages=manages, is_member=True)


def present_for_organizer(event: Event, *, actor: Actor, standing: Standing) -> dict[str, Any]:
    """Return the row of tools on the event's own page."""
    steps = steps_of(event, actor=actor, manages=standing.manages)
    # What it says stands among the links already.
    tabs = [one for one in tabs_of(event) if one["name"] != "edit-event"] if standing.manages else []
    # The door and the list of bookings are the organizer's own: administrators have the back office.
    links = _links(event, manages=standing.manages, is_member=not actor.oversees)
    office = reverse("admin:events_event_change", args=[event.id]) if actor.oversees else ""
    return links | {"tabs": tabs, "steps": steps, "office": office}


def _links(event: Event, *, manages: bool, is_member: bool) -> dict[str, str]:
    """Return addresses, empty where there is nothing to be opened; bookings stand above this app, known by path."""
    address = f"/events/{event.id}"
    return {
        "edit": edit_address(event) if manages and event.status in EDITABLE else "",
        "bookings": f"{address}/bookings/" if manages and is_member and event.status != Event.Status.DRAFT else "",
        "door": f"{address}/door/" if is_member and event.status in LISTED else "",
    }
