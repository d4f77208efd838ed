"""What a reader may ask the catalogue for, in the API and on the page alike."""

import calendar
import json
import re
import zoneinfo
from collections.abc import Callable, Container
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import django_filters.rest_framework as filters
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from events.models import Category, Event
from events.models.event_queryset import EventQuerySet
from events.models.geo import circle
from events.models.search import words_of
from events.selectors.catalogue import find_middle_of_city, list_category_ids_below
from events.tags import same_tag

# A guest's calendar, until they say otherwise.
HOME_ZONE = "Europe/Moscow"
POINT = re.compile(r"(-?\d{1,2}(?:\.\d{1,8})?),(-?\d{1,3}(?:\.\d{1,8})?)", re.ASCII)
YES_NO = [("true", _("yes")), ("false", _("no"))]
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
PRESETS = [("today", _("Today")), ("weekend", _("At the weekend")), ("month", _("In the next 30 days"))]
ORDERINGS = {
    "relevance": ("-relevance", "starts_at", "id"),
    "soonest": ("starts_at", "id"),
    "newest": ("-published_at", "-id"),
    "price": ("price_from", "starts_at", "id"),
    "rating": ("-rating_score", "starts_at", "id"),
    "popularity": ("-popularity", "starts_at", "id"),
    "distance": ("distance_m", "starts_at", "id"),
}
ORDERING_NAMES = [
    ("relevance", _("Best match first")),
    ("soonest", _("Soonest first")),
    ("newest", _("Newest first")),
    ("price", _("Cheapest first")),
    ("rating", _("Best rated first")),
    ("popularity", _("Most popular first")),
    ("distance", _("Nearest first")),
]
RADIUS_KM = 50
MOST_RADIUS_KM = 1000
MOST_TAGS = 10
# As many digits as the columns have: PostgreSQL fails on a number with some thousands of them.
MONEY = {"max_digits": 12, "decimal_places": 2}
STARS = {"max_digits": 3, "decimal_places": 2}


def _flag(**options: Any) -> filters.TypedChoiceFilter:
    one = filters.TypedChoiceFilter(choices=YES_NO, coerce=lambda value: value == "true", empty_value=None, **options)
    return extend_schema_field(OpenApiTypes.BOOL)(one)


class PointField(forms.CharField):
    """A point on the Earth, written `latitude,longitude`."""

    def to_python(self, value: str | None) -> Any:
        if not value:
            return None
        found = POINT.fullmatch(value)
        if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
            raise forms.ValidationError(_("Write a point as latitude,longitude in degrees."), code="invalid")
        return float(found[1]), float(found[2])


class TagsField(forms.CharField):
    """Tags with commas between them."""

    def to_python(self, value: str | None) -> Any:
        # The validators of the field look at the list, not at its words.
        ProhibitNullCharactersValidator()(value or "")
        tags = [same_tag(one) for one in (value or "").split(",") if one.strip()]
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(_("Ten tags at most."), code="max_length")
        return tags or None


class PointFilter(filters.CharFilter):
    field_class = PointField


class TagsFilter(filters.CharFilter):
    field_class = TagsField


class CatalogueForm(forms.Form):
    """What wishes may not be together."""

    def clean(self) -> dict[str, Any]:
        wish = self.cleaned_data
        if wish.get("radius_km") and wish.get("city") and not wish.get("near") and "near" not in self.errors:
            # Around a city is around its events.
            middle = find_middle_of_city(city=wish["city"].strip())
            if middle is not None:
                wish["near"], wish["city"] = middle, ""
        for least, most in (("date_from", "date_to"), ("price_min", "price_max")):
            if wish.get(least) is not None and wish.get(most) is not None and wish[least] > wish[most]:
                self.add_error(most, forms.ValidationError(_("This ends before it begins."), code="invalid"))
        for name, wanted in (("radius_km", wish.get("radius_km")), ("ordering", wish.get("ordering") == "distance")):
            if wanted and not wish.get("near") and "near" not in self.errors:
                self.add_error(name, forms.ValidationError(_("Say near which point."), code="required"))
        return wish


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
    price_min = filters.NumberFilter(label=_("Price from"), min_value=0, max_value=10**9, **MONEY)
    price_max = filters.NumberFilter(label=_("Price up to"), min_value=0, max_value=10**9, **MONEY)
    free = _flag(label=_("Free"))
    online = _flag(label=_("Online"))
    has_seats = _flag(label=_("With free seats"))
    tags = TagsFilter(label=_("Tags, all of them, with commas between"), max_length=400)
    near = PointFilter(label=_("Near the point latitude,longitude"), max_length=60)
    radius_km = filters.NumberFilter(
        label=_("Kilometres around it, or around the city"), min_value=1, max_value=MOST_RADIUS_KM
    )
    min_rating = filters.NumberFilter(label=_("Stars, at least"), min_value=1, max_value=5, **STARS)
    language = filters.ChoiceFilter(choices=LANGUAGES, label=_("Language"))
    age_rating = filters.ChoiceFilter(choices=Event.AgeRating.choices, label=_("Age rating"))
    organizer = filters.UUIDFilter(label=_("Organizer"))
    mine = _flag(label=_("Of my organizers, in any status"))
    status = filters.ChoiceFilter(choices=Event.Status.choices, label=_("Status"))
    ordering = filters.ChoiceFilter(choices=ORDERING_NAMES, label=_("Order"))
    facets = filters.ChoiceFilter(choices=[("1", _("yes"))], label=_("Count what further wishes would leave"))

    class Meta:
        model = Event
        fields: list[str] = []

    def __init__(
        self, data: Any = None, queryset: Any = None, *, request: Any = None, prefix: str | None = None
    ) -> None:
        """Do without FilterSet's copies of all filters: nothing in them depends on the request."""
        self.is_bound, self.data, self.form_prefix = data is not None, data or {}, prefix
        self.queryset, self.request, self.filters = queryset, request, self.base_filters

    def get_form_class(self) -> type[forms.Form]:
        return form_for(frozenset(self.data).intersection(self.base_filters))

    def filter_queryset(self, queryset: QuerySet[Event]) -> EventQuerySet:
        return narrow(queryset, self.form.cleaned_data, today=today_of(self.request))


@lru_cache(maxsize=500)
def form_for(names: frozenset[str]) -> type[forms.Form]:
    """Return a form of these fields: a list is asked for with a few of them, and a form copies all that it has."""
    fields = {name: one.field for name, one in CatalogueFilter.base_filters.items() if name in names}
    return type("AskedForm", (CatalogueForm,), fields)


def narrow(events: Any, wanted: dict[str, Any], *, today: date, but: Container[str] = ()) -> EventQuerySet:
    """Leave the events that are wanted; wishes named in `but` are passed over (for counting what they offer)."""
    return restrict(events, settled({name: value for name, value in wanted.items() if name not in but}, today=today))


def settled(wanted: dict[str, Any], *, today: date) -> dict[str, Any]:
    """Return wishes as plain values that go into a statement as they are; what isn't wished for is left out."""
    wish = {name: value for name, value in wanted.items() if value is not None and value != "" and name in NARROWING}
    if "near" in wish:
        latitude, longitude = wish["near"]
        wish["near"] = circle(latitude, longitude, float(wanted.get("radius_km") or RADIUS_KM))
    for name, plain in PLAIN.items():
        if name in wish:
            wish[name] = plain(wish[name])
    if "preset" in wish:
        wish["preset"] = periods(today)[wish["preset"]]
    prices = wish.pop("price_min", None), wish.pop("price_max", None)
    return wish if prices == (None, None) else wish | {"price": prices}


def restrict(events: Any, wish: dict[str, Any]) -> EventQuerySet:
    """Leave the events that settled wishes are for."""
    for name, narrowed in STEPS.items():
        if name in wish:
            events = narrowed(events, wish[name])
    return events


PLAIN: dict[str, Callable[[Any], Any]] = {
    "q": words_of,
    "city": str.strip,
    "category": lambda one: list_category_ids_below(category_id=one.id),
    "tags": json.dumps,
}
STEPS: dict[str, Callable[[EventQuerySet, Any], EventQuerySet]] = {
    "date_from": lambda events, first: events.starting_between(first, None),
    "date_to": lambda events, last: events.starting_between(None, last),
    "language": lambda events, language: events.filter(language=language),
    "age_rating": lambda events, rating: events.filter(age_rating=rating),
    "status": lambda events, status: events.filter(status=status),
    "q": lambda events, words: events.matching(words),
    "category": lambda events, ids: events.in_categories(ids),
    "organizer": lambda events, organizer_id: events.filter(organizer_id=organizer_id),
    "city": lambda events, city: events.in_city(city),
    "tags": lambda events, tags: events.tagged(tags),
    "min_rating": lambda events, stars: events.rated_at_least(stars),
    "free": lambda events, yes: events.free() if yes else events.paid(),
    "online": lambda events, yes: events.online() if yes else events.on_site(),
    "has_seats": lambda events, yes: events.filter(**{"seats_left__gt" if yes else "seats_left__lte": 0}),
    "preset": lambda events, days: events.starting_between(*days),
    "price": lambda events, prices: events.priced_between(*prices),
    "near": lambda events, around: events.around(around),
}
NARROWING = frozenset({*STEPS, "price_min", "price_max"})


def with_snippets(events: Any, text: str) -> Any:
    """Tell the words around each match, when words are looked for."""
    return events.with_snippets(words_of(text)) if text else events


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
