"""The catalogue and an event's page."""

import uuid
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from common.transactions import use_case
from events.filters import today_of
from events.pages import presentation
from events.pages.actors import actor_of
from events.pages.catalogue import catalogue_for_guests, present_catalogue
from events.pages.event_parts import details, parts_for_guests
from events.pages.guest_page import guest_page, is_told_something
from events.pages.organizer_presentation import present_for_organizer
from events.ports import bookings
from events.selectors.catalogue import list_favorite_ids
from events.selectors.events import GUEST, get_readable_event, standing_of
from events.services.forget_favorite import forget_favorite
from events.services.keep_favorite import keep_favorite


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show what can be gone to; every wish stands in the address, so the page can be shared."""
    actor, today, now = actor_of(request), today_of(request), timezone.now()
    if actor == GUEST and not is_told_something(request):
        parts = catalogue_for_guests(request.GET, today=today, now=now)
        return guest_page(request, template="events/catalogue.html", title=parts["title"], parts=parts)
    shown = present_catalogue(request.GET, actor=actor, today=today, now=now)
    return render(request, "events/catalogue.html", shown)


@require_GET
def event_page(request: HttpRequest, event_id: uuid.UUID, slug: str = "") -> HttpResponse:
    """Show an event as far as the reader may know it."""
    actor = actor_of(request)
    event = get_readable_event(actor=actor, event_id=event_id)
    if slug != event.slug:
        # A short or an old address.
        asked = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponseRedirect(presentation.url_of(event) + asked)
    standing = standing_of(actor=actor, event=event)
    kept = event.id in list_favorite_ids(actor=actor, event_ids=[event.id])
    now = timezone.now()
    held = None
    if actor.user_id is not None and not standing.is_booked:
        held = bookings().held_booking_of(user_id=actor.user_id, event_id=event.id, now=now)
    code = _access_code(request.GET)
    shown = presentation.present_event(event, standing=standing, kept=kept, held=held, access_code=code, now=now)
    if actor == GUEST and not code and not is_told_something(request):
        parts = parts_for_guests(shown, now=now)
        return guest_page(request, template="events/event.html", title=event.title, summary=event.summary, parts=parts)
    if standing.inside:
        shown["tools"] = present_for_organizer(event, actor=actor, standing=standing)
    return render(request, "events/event.html", shown | details(shown))


@require_POST
@login_required
def favorite(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """Keep the event in mind or forget it, and go back to it."""
    service = forget_favorite if request.POST.get("kept") == "yes" else keep_favorite
    with use_case():
        service(actor=actor_of(request), event_id=event_id)
    code = _access_code(request.POST)
    return HttpResponseRedirect(f"/events/{event_id}/" + (f"?{urlencode({'access_code': code})}" if code else ""))


def _access_code(said: QueryDict) -> str:
    return said.get("access_code", "")[:40]
