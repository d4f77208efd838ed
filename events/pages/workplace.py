"""What the organizer's pages of one event share: whose they are, the way between them, and how they are shown."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.models import Event
from events.models.lifecycle import EDITABLE
from events.pages.actors import actor_of
from events.pages.presentation import url_of
from events.selectors.events import get_managed_event

TABS = (
    ("edit-event", _("Content and tickets")),
    ("event-promo-codes", _("Promo codes")),
    ("event-questions-page", _("Questions")),
    ("event-crew-page", _("Crew")),
    ("event-series", _("Series")),
)


def managed_event(request: HttpRequest, event_id: uuid.UUID) -> Event:
    """Return the event, to those who manage it.

    Raises:
        NotFound, NotAllowed
    """
    return get_managed_event(actor=actor_of(request), event_id=event_id)


def tabs_of(event: Event) -> list[dict[str, Any]]:
    """Return the event's pages for its organizer; what it says is closed once it is over."""
    open_tabs = [one for one in TABS if one[0] != "edit-event" or event.status in EDITABLE]
    return [{"name": name, "label": label, "url": reverse(name, args=[event.id])} for name, label in open_tabs]


def show_work(
    request: HttpRequest, template: str, event: Event, *, tab: str, status: int = 200, **shown: Any
) -> HttpResponse:
    """Show one of the event's pages below its tabs."""
    frame = {"event": event, "url": url_of(event), "tabs": tabs_of(event), "tab": tab}
    return render(request, f"events/{template}.html", frame | shown, status=status)
