"""Which events: adjectives that chain."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchHeadline, SearchRank
from django.db import models
from django.db.models import Exists, F, IntegerField, JSONField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Least

from events.models import geo, search
from events.models.lifecycle import HIDDEN, LISTED
from events.models.ticket_type import TicketType
from events.snippets import START, STOP

if TYPE_CHECKING:
    from events.models.event import Event  # noqa: F401  (the type of the rows)


class EventQuerySet(models.QuerySet["Event"]):
    def listed(self) -> "EventQuerySet":
        return self.filter(status__in=LISTED)

    def readable_by_guests(self) -> "EventQuerySet":
        return self.exclude(status__in=HIDDEN)

    def upcoming(self, now: datetime) -> "EventQuerySet":
        return self.filter(ends_at__gt=now)

    def of_member(self, user_id: object) -> "EventQuerySet":
        return self.filter(organizer__members__user_id=user_id)

    def favored_by(self, user_id: object) -> "EventQuerySet":
        return self.filter(favorites__user_id=user_id)

    def matching(self, words: search.Words) -> "EventQuerySet":
        """Annotates `relevance`, in millionths, so that pages can be cut by it exactly."""
        wanted = search.query(words)
        rank = Cast(SearchRank(F("search"), wanted, normalization=Value(1)) * 1_000_000, IntegerField())
        exactly = [search.holds(phrase) for phrase in words.phrases]
        return self.filter(*exactly, search=wanted).annotate(relevance=rank)

    def with_snippets(self, words: search.Words) -> "EventQuerySet":
        """Annotates `snippet`: the part of the description that matches, its words between two marks."""
        headline = SearchHeadline(
            "description",
            search.query(words),
            config=search.CONFIG,
            start_sel=START,
            stop_sel=STOP,
            max_words=24,
            min_words=12,
        )
        return self.annotate(snippet=headline)

    def in_categories(self, category_ids: Iterable[uuid.UUID]) -> "EventQuerySet":
        return self.filter(category_id__in=list(category_ids))

    def starting_between(self, first: date | None, last: date | None) -> "EventQuerySet":
        """By the calendar of the place where the event is; both days belong to the period."""
        found = self if first is None else self.filter(starts_on__gte=first)
        return found if last is None else found.filter(starts_on__lte=last)

    def in_city(self, city: str) -> "EventQuerySet":
        return self.filter(city__iexact=city)

    def tagged(self, tags: str) -> "EventQuerySet":
        """With all of the tags of a JSON list."""
        # As text: a statement that is composed once knows its values again.
        return self.filter(tags__contains=Cast(Value(tags), JSONField()))

    def rated_at_least(self, stars: Decimal) -> "EventQuerySet":
        return self.filter(rating__gte=stars)

    def around(self, circle: geo.Circle) -> "EventQuerySet":
        """Annotates `distance_m`, in metres along the Earth's surface; the box lets an index do the first cut."""
        near = self.filter(geo.inside_box(circle)).annotate(distance_m=geo.distance_m(circle))
        return near.filter(distance_m__lte=circle.radius_m)

    def priced_between(self, least: Decimal | None, most: Decimal | None) -> "EventQuerySet":
        """With at least one ticket type in the range."""
        found = self.filter(price_to__isnull=False)
        if most is not None:
            found = found.filter(price_from__lte=most)
        if least is not None:
            found = found.filter(price_to__gte=least)
        if least is None or most is None:
            return found
        # The cheapest and the dearest may lie on both sides of the range, with nothing in it.
        types = TicketType.objects.filter(event=OuterRef("pk"), access_code="", price__range=(least, most))
        return found.filter(Exists(types))

    def free(self) -> "EventQuerySet":
        """With at least one ticket type for nothing."""
        return self.filter(price_from=0, price_to__isnull=False)

    def paid(self) -> "EventQuerySet":
        """With at least one ticket type that costs something, or with none yet."""
        return self.filter(Q(price_to__gt=0) | Q(price_to__isnull=True))

    def online(self) -> "EventQuerySet":
        return self.filter(online=True)

    def on_site(self) -> "EventQuerySet":
        return self.filter(online=False)

    def with_seats(self, now: datetime) -> "EventQuerySet":
        """Annotates `seats_left` and `seats_total` over the ticket types for everybody whose sales have not ended."""
        still_sold = Q(sale_closes_at__gt=now) | Q(sale_closes_at__isnull=True, event__starts_at__gt=now)
        left = Coalesce(_of_types(Sum(F("capacity") - F("held") - F("sold"), filter=still_sold)), Value(0))
        total = Coalesce(_of_types(Sum("capacity", filter=still_sold)), Value(0))
        # LEAST ignores NULL: an event without an overall capacity is limited by its types only.
        return self.annotate(
            seats_left=Least(left, F("capacity") - F("held") - F("sold"), output_field=IntegerField()),
            seats_total=Least(total, F("capacity"), output_field=IntegerField()),
        )

    def locked(self) -> "EventQuerySet":
        """Locks the rows in one order and passes over those that somebody else has locked."""
        return self.order_by("pk").select_for_update(skip_locked=True, of=("self",))


def _of_types(aggregate: models.Aggregate) -> Subquery:
    types = TicketType.objects.filter(event=OuterRef("pk"), access_code="").order_by().values("event")
    return Subquery(types.annotate(figure=aggregate).values("figure"))


class EventManager(models.Manager.from_queryset(EventQuerySet)):  # type: ignore[misc]
    """Leaves the search vector in the database: no reader of a row needs it."""

    def get_queryset(self) -> EventQuerySet:
        return super().get_queryset().defer("search")
