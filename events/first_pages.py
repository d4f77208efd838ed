"""A page of what is found: of lists the first, which most are asked for no further; of the catalogue's page any.

What is found depends on the wishes, so the ORM would compose its statement anew for each reader, which takes it longer
than PostgreSQL needs to answer. Here it is composed once for wishes of a kind, by the same `filters.restrict`.
"""

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from common.statements import ComposedOnce, composed_once
from events.filters import restrict
from events.models import Event


def find_first(
    *, wish: dict[str, Any], ordering: tuple[str, ...], limit: int, now: datetime, after: int = 0
) -> list[Any]:
    """Return what comes first of settled wishes, or next after so many: ids, what they are ordered by, what the search tells."""
    given = {"wish": wish} | ({"now": now} if "has_seats" in wish else {})
    finder = _finder(ordering)
    sql, parameters = finder.statement(**given)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT %s OFFSET %s", [*parameters, limit, after])
        names = columns_for(wish, ordering)
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in finder.read(cursor, **given)]


def columns_for(wish: dict[str, Any], ordering: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is read of each event that is found: what cuts the pages, and what the search tells."""
    told = [name for name, wanted in (("snippet", "q"), ("distance_m", "near")) if wanted in wish]
    return tuple(dict.fromkeys(["id", *(name.lstrip("-") for name in ordering), *told]))


@cache
def _finder(ordering: tuple[str, ...]) -> ComposedOnce[Any]:
    def find(wish: dict[str, Any], now: datetime | None = None) -> QuerySet[Event, tuple[Any, ...]]:
        listed = Event.objects.listed()
        events = restrict(listed if now is None else listed.with_seats(now), wish)
        if "q" in wish:
            events = events.with_snippets(wish["q"])
        return events.order_by(*ordering).values_list(*columns_for(wish, ordering))

    return composed_once(find)
