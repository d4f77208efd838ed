"""Facets of a query, for the API and the page alike."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import QueryDict

from events.catalogue_cache import remembered
from events.filters import narrow, periods
from events.models.event_queryset import EventQuerySet
from events.selectors.facets import Facets, count_facets

# They say which part of the answer is shown, not what is wished for.
NOT_WISHES = frozenset({"page", "page_size", "cursor", "ordering", "facets"})


def facets_of(
    query: QueryDict, wishes: dict[str, Any], *, events: Callable[[], EventQuerySet], today: date, is_shared: bool
) -> Facets:
    """Count what further wishes would leave; `is_shared` when everybody gets the same answer."""

    def count() -> dict[str, Any]:
        return asdict(
            count_facets(
                events=lambda left_out: narrow(events(), wishes, today=today, but=left_out),
                chosen={name for name, value in wishes.items() if value not in (None, "")},
                periods=periods(today),
                today=today,
            )
        )

    if not is_shared:
        return Facets(**count())
    asked = sorted((name, value) for name, value in query.items() if name not in NOT_WISHES)
    return Facets(**remembered(["facets", asked, today], count))
