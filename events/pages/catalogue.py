"""The catalogue's page: what is found, and what each further wish would leave.

What guests read holds nothing of a reader, so it is remembered for some seconds by what was asked, as lists are;
what is theirs (language, form tokens) stands around it.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import get_language

from events.actors import GUEST, Actor
from events.catalogue_cache import LIST_SECONDS, remembered
from events.catalogue_facets import facets_of
from events.filters import (
    LANGUAGES,
    ORDERING_NAMES,
    PRESETS,
    CatalogueFilter,
    narrow,
    ordering_of,
    settled,
)
from events.first_pages import find_first
from events.pages import presentation
from events.selectors.cards import Card, read_cards
from events.selectors.catalogue import list_catalogue, list_categories, list_favorite_ids, list_found
from events.selectors.facets import DAYS

CARDS = 24
CITIES = 30
RADII_KM = (10, 25, 50, 100, 250, 500)
STARS = ("3", "4", "4.5")
# Wishes of the API that a page doesn't offer.
NOT_ON_PAGES = ("mine", "status")


def catalogue_for_guests(asked: QueryDict, *, today: date, now: datetime) -> dict[str, str]:
    """Return the page's title, and the HTML of its head and content."""

    def render() -> dict[str, str]:
        # No request: nothing of the reader can get into what others will read.
        shown = present_catalogue(asked, actor=GUEST, today=today, now=now) | {"PUBLIC_URL": settings.PUBLIC_URL}
        parts = {part: render_to_string(f"events/catalogue_{part}.html", shown) for part in ("head", "content")}
        return {"title": str(shown["title"])} | parts

    return remembered(["catalogue page", get_language(), sorted(asked.lists()), today], render, seconds=LIST_SECONDS)


def present_catalogue(asked: QueryDict, *, actor: Actor, today: date, now: datetime) -> dict[str, Any]:
    """Return what the page shows of what was asked, as far as it makes sense."""
    query, wishes = _understood(asked)
    searching = bool(query.get("q", "").strip())
    wish = settled(wishes, today=today)
    page = _page(query, wishes, today=today, now=now)
    places: range = page.object_list  # type: ignore[assignment]
    ordering = ordering_of(query.get("ordering"), searching=searching)
    found = find_first(wish=wish, ordering=ordering, limit=len(places), after=places.start, now=now)
    cards: list[Card] = read_cards(found=found, now=now)
    kept = list_favorite_ids(actor=actor, event_ids=[card.id for card in cards])
    return {
        "cards": [presentation.present_card(card, kept=card.id in kept) for card in cards],
        "page": page,
        "next": presentation.page_link(query, page.number + 1) if page.has_next() else None,
        "back": presentation.page_link(query, page.number - 1) if page.has_previous() else None,
        "query": query,
        "asked": any(query.get(name) for name in query if name not in ("ordering", "page")),
        "orderings": [one for one in ORDERING_NAMES if _offers(one[0], wishes, searching=searching)],
        "radii": RADII_KM,
        "circle": presentation.radius_chip(query),
        "title": presentation.found_words(query),
    } | _facets(query, wishes, today=today, now=now)


def _page(query: QueryDict, wishes: dict[str, Any], *, today: date, now: datetime) -> Page[int]:
    """Return the page asked for, of places in the list.

    What is found is counted once in a while, not for each reader: to be right to the last event is worth no full count.
    """

    def count() -> int:
        return narrow(list_found(now=now, with_seats="has_seats" in wishes), wishes, today=today).count()

    counted = sorted((name, value) for name, value in query.items() if name not in ("page", "ordering"))
    return Paginator(range(remembered(["count", counted, today], count)), CARDS).get_page(query.get("page"))


def _understood(asked: QueryDict) -> tuple[QueryDict, dict[str, Any]]:
    """Return the wishes that make sense: an old or mistyped link still shows a page."""
    query = asked.copy()
    for name in [name for name, value in query.items() if name in NOT_ON_PAGES or not value]:
        del query[name]
    parsed = CatalogueFilter(query)
    if not parsed.form.is_valid():
        for name in list(parsed.form.errors):
            query.pop(name, None)
        parsed = CatalogueFilter(query)
        parsed.form.is_valid()
    return query, parsed.form.cleaned_data


def _offers(ordering: str, wishes: dict[str, Any], *, searching: bool) -> bool:
    """Tell whether an order makes sense: a match needs words, a distance a point."""
    return {"relevance": searching, "distance": bool(wishes.get("near"))}.get(ordering, True)


def _facets(query: QueryDict, wishes: dict[str, Any], *, today: date, now: datetime) -> dict[str, Any]:
    """Count what each further wish would leave, under the other wishes."""
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
