"""What a reader may ask the catalogue for, in the API and on the page alike."""

import calendar
import zoneinfo
from collections.abc import Container
from datetime import date, timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from events.models import Category, Event
from events.models.event_queryset import EventQuerySet
from events.selectors.catalogue import list_category_ids_below

# A guest's calendar, until they say otherwise.
HOME_ZONE = "Europe/Moscow"
YES_NO = [("true", _("yes")), ("false", _("no"))]
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
PRESETS = [("today", _("Today")), ("weekend", _("At the weekend")), ("month", _("In the next 30 days"))]
ORDERINGS = {
    "relevance": ("-relevance", "starts_at", "id"),
    "soonest": ("starts_at", "id"),
    "newest": ("-published_at", "-id"),
    "price": ("price_order", "starts_at", "id"),
}
ORDERING_NAMES = [
    ("relevance", _("Best match first")),
    ("soonest", _("Soonest first")),
    ("newest", _("Newest first")),
    ("price", _("Cheapest first")),
]


def _flag(**options: Any) -> filters.TypedChoiceFilter:
    one = filters.TypedChoiceFilter(choices=YES_NO, coerce=lambda value: value == "true", empty_value=None, **options)
    return extend_schema_field(OpenApiTypes.BOOL)(one)


class CatalogueFilter(filters.FilterSet):
    """Parses the query; `narrow` applies it."""

    q = filters.CharFilter(label=_("Search"), max_length=200)
    category = filters.ModelChoiceFilter(
        queryset=Category.objects.all(), to_field_name="slug", label=_("Category, with those below it")
    )
    city = filters.CharFilter(label=_("City"), max_length=80)
    date_from = filters.DateFilter(label=_("From"))
    date_to = filters.DateFilter(label=_("To"))
    preset = filters.ChoiceFilter(choices=PRESETS, label=_("When"))
    price_min = filters.NumberFilter(label=_("Price from"), min_value=0, max_value=10**9)
    price_max = filters.NumberFilter(label=_("Price up to"), min_value=0, max_value=10**9)
    free = _flag(label=_("Free"))
    online = _flag(label=_("Online"))
    has_seats = _flag(label=_("With free seats"))
    language = filters.ChoiceFilter(choices=LANGUAGES, label=_("Language"))
    age_rating = filters.ChoiceFilter(choices=Event.AgeRating.choices, label=_("Age rating"))
    organizer = filters.UUIDFilter(label=_("Organizer"))
    mine = _flag(label=_("Of my organizers, in any status"))
    status = filters.ChoiceFilter(choices=Event.Status.choices, label=_("Status"))
    ordering = filters.ChoiceFilter(choices=ORDERING_NAMES, label=_("Order"))

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Event]) -> EventQuerySet:
        return narrow(queryset, self.form.cleaned_data, today=today_of(self.request))


def narrow(events: Any, wanted: dict[str, Any], *, today: date, but: Container[str] = ()) -> EventQuerySet:
    """Leave the events that are wanted; wishes named in `but` are passed over (for counting what they offer)."""
    wish = {name: None if name in but or value == "" else value for name, value in wanted.items()}
    exactly = {name: wish[name] for name in ("language", "age_rating", "status") if wish[name] is not None}
    if wish["organizer"] is not None:
        exactly["organizer_id"] = wish["organizer"]
    if wish["city"] is not None:
        exactly["city__iexact"] = wish["city"].strip()
    events = events.filter(**exactly).starting_between(wish["date_from"], wish["date_to"])
    if wish["q"] is not None:
        events = events.matching(wish["q"])
    if wish["category"] is not None:
        events = events.in_categories(list_category_ids_below(category_id=wish["category"].id))
    if wish["preset"] is not None:
        events = events.starting_between(*periods(today)[wish["preset"]])
    if wish["price_min"] is not None or wish["price_max"] is not None:
        events = events.priced_between(wish["price_min"], wish["price_max"])
    if wish["free"] is not None:
        events = events.free() if wish["free"] else events.paid()
    if wish["online"] is not None:
        events = events.online() if wish["online"] else events.on_site()
    if wish["has_seats"] is not None:
        events = events.filter(seats_left__gt=0) if wish["has_seats"] else events.filter(seats_left__lte=0)
    return events


def ordering_of(wanted: str | None, *, searching: bool) -> tuple[str, ...]:
    """Return the columns to order by: the best match first in a search, else the soonest."""
    if searching:
        return ORDERINGS[wanted or "relevance"]
    return ORDERINGS["soonest" if wanted in (None, "", "relevance") else wanted]


def periods(today: date) -> dict[str, tuple[date, date]]:
    """Return the first and the last day of each preset."""
    sunday = today + timedelta(days=calendar.SUNDAY - today.weekday())
    saturday = max(today, sunday - timedelta(days=1))
    return {"today": (today, today), "weekend": (saturday, sunday), "month": (today, today + timedelta(days=30))}


def today_of(request: HttpRequest) -> date:
    """Return the reader's date."""
    zone = getattr(request.user, "time_zone", None) or HOME_ZONE
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(zone))
