"""The catalogue and an event's page."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.http import require_GET, require_POST

from common.transactions import use_case
from events.catalogue_cache import remembered
from events.catalogue_facets import facets_of
from events.filters import (
    LANGUAGES,
    ORDERING_NAMES,
    PRESETS,
    CatalogueFilter,
    narrow,
    ordering_of,
    today_of,
    with_snippets,
)
from events.pages import presentation
from events.pages.actors import actor_of
from events.pages.event_parts import details, parts_for_guests
from events.pages.guest_page import guest_page, is_told_something
from events.pages.organizer_presentation import present_for_organizer
from events.ports import bookings
from events.selectors.catalogue import (
    list_catalogue,
    list_categories,
    list_favorite_ids,
)
from events.selectors.events import GUEST, get_readable_event, standing_of
from events.selectors.facets import DAYS
from events.services.forget_favorite import forget_favorite
from events.services.keep_favorite import keep_favorite

CARDS = 24
CITIES = 30
RADII_KM = (10, 25, 50, 100, 250, 500)
STARS = ("3", "4", "4.5")
# Wishes of the API that a page doesn't offer.
NOT_ON_PAGES = ("mine", "status")


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show what can be gone to; every wish stands in the address, so the page can be shared."""
    now = timezone.now()
    query, wishes = _understood(request)
    listed = list_catalogue(now=now)
    text = query.get("q", "").strip()
    found = narrow(listed, wishes, today=today_of(request)).order_by(
        *ordering_of(query.get("ordering"), searching=bool(text))
    )
    page = CountedOnce(found, CARDS, query=query).get_page(query.get("page"))
    events = list(with_snippets(page.object_list, text))
    kept = list_favorite_ids(actor=actor_of(request), event_ids=[event.id for event in events])
    context = {
        "cards": [presentation.present_card(event, kept=event.id in kept) for event in events],
        "page": page,
        "next": presentation.page_link(query, page.number + 1) if page.has_next() else None,
        "back": presentation.page_link(query, page.number - 1) if page.has_previous() else None,
        "query": query,
        "asked": any(query.get(name) for name in query if name not in ("ordering", "page")),
        "orderings": [one for one in ORDERING_NAMES if _offers(one[0], wishes, searching=bool(text))],
        "radii": RADII_KM,
        "circle": presentation.radius_chip(query),
        "heading": presentation.found_words(query),
    }
    return render(request, "events/catalogue.html", context | _facets(request, query, wishes))


def _offers(ordering: str, wishes: dict[str, Any], *, searching: bool) -> bool:
    """Tell whether an order makes sense: a match needs words, a distance a point."""
    return {"relevance": searching, "distance": bool(wishes.get("near"))}.get(ordering, True)


class CountedOnce(Paginator):
    """Counts what is found once in a while, not for each reader: to be right to the last event is worth no full count."""

    def __init__(self, found: Any, per_page: int, *, query: QueryDict) -> None:
        super().__init__(found, per_page)
        self.asked = sorted((name, value) for name, value in query.items() if name not in ("page", "ordering"))

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return int(remembered(["count", self.asked], self.object_list.count))  # type: ignore[attr-defined]


def _understood(request: HttpRequest) -> tuple[QueryDict, dict[str, Any]]:
    """Return the wishes that make sense: an old or mistyped link still shows a page."""
    query = request.GET.copy()
    for name in NOT_ON_PAGES:
        query.pop(name, None)
    parsed = CatalogueFilter(query, request=request)
    for name in list(parsed.form.errors):
        query.pop(name, None)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    again = CatalogueFilter(query, request=request)
    again.form.is_valid()
    return query, again.form.cleaned_data


def _facets(request: HttpRequest, query: QueryDict, wishes: dict[str, Any]) -> dict[str, Any]:
    """Count what each further wish would leave, under the other wishes."""
    now, today = timezone.now(), today_of(request)
    facets = facets_of(query, wishes, events=lambda: list_catalogue(now=now), today=today, is_shared=True)
    named = CatalogueFilter.base_filters
    chips = [
        presentation.chip(query, "preset", name, str(label), facets.preset.get(name, 0), "date_from", "date_to")
        for name, label in PRESETS
    ]
    chips += [
        presentation.chip(query, "free", "true", str(named["free"].label), facets.free.get("true", 0)),
        presentation.chip(query, "online", "true", str(named["online"].label), facets.online.get("true", 0)),
    ]
    cities = sorted(facets.city.items(), key=lambda one: (-one[1], one[0]))[:CITIES]
    days = [today + timedelta(days=number) for number in range(DAYS)]
    return {
        "traits": [one for one in chips if one.count or one.chosen],
        "categories": presentation.category_chips(query, list_categories(), facets.category),
        "cities": cities,
        "ages": [(value, facets.age_rating.get(value, 0)) for value, _label in named["age_rating"].extra["choices"]],
        "stars": [(value, facets.min_rating.get(value, 0)) for value in STARS],
        "tags": presentation.tag_chips(query, wishes.get("tags") or [], facets.tags),
        "languages": [(value, label, facets.language.get(value, 0)) for value, label in LANGUAGES],
        "strip": presentation.day_strip(query, [(day, facets.day.get(day.isoformat(), 0)) for day in days]),
    }


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
        return guest_page(request, event=event, parts=parts_for_guests(shown, now=now))
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
