"""How many events each further wish would leave, under the other wishes."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection

from events.models.event_queryset import EventQuerySet
from events.selectors.catalogue import list_categories

DAYS = 14
# Each facet with the wishes that it would take the place of.
WISHES = {
    "category": ("category",),
    "city": ("city",),
    "language": ("language",),
    "age_rating": ("age_rating",),
    "free": ("free",),
    "online": ("online",),
    "today": ("preset", "date_from", "date_to"),
    "weekend": ("preset", "date_from", "date_to"),
    "month": ("preset", "date_from", "date_to"),
    "day": ("preset", "date_from", "date_to"),
}
COLUMNS = ("id", "category_id", "city", "language", "age_rating", "price_from", "price_to", "online", "starts_on")
# Cities that differ only in case are one to the filter, so they are one here.
COUNT = """
    SELECT {which}, {value}, count(*)
    FROM (
        SELECT category_id::text AS category, upper(city) AS city, city AS city_name, language, age_rating,
               (price_from = 0 AND price_to IS NOT NULL)::text AS free, online::text AS online,
               (starts_on BETWEEN %s AND %s)::text AS today, (starts_on BETWEEN %s AND %s)::text AS weekend,
               (starts_on BETWEEN %s AND %s)::text AS month,
               CASE WHEN starts_on BETWEEN %s AND %s THEN starts_on::text END AS day
        FROM ({events}) AS wanted
    ) AS described
    GROUP BY GROUPING SETS ({sets})
"""


@dataclass
class Facets:
    """Counts by the value that a wish would have; a category counts for those above it too."""

    total: int = 0
    category: dict[str, int] = field(default_factory=dict)
    city: dict[str, int] = field(default_factory=dict)
    language: dict[str, int] = field(default_factory=dict)
    age_rating: dict[str, int] = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)
    online: dict[str, int] = field(default_factory=dict)
    preset: dict[str, int] = field(default_factory=dict)
    day: dict[str, int] = field(default_factory=dict)


def count_facets(
    *,
    events: Callable[[tuple[str, ...]], EventQuerySet],
    chosen: set[str],
    periods: dict[str, tuple[date, date]],
    today: date,
) -> Facets:
    """Count all facets; `events` gives the wanted events without some of the wishes, `chosen` are the wishes made.

    Facets whose wishes aren't made are counted together in one statement, which reads index events_event_facets only
    when nothing else is wished for.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list, {(): []})
    for name, wishes in WISHES.items():
        groups[wishes if chosen & set(wishes) else ()].append(name)
    days = [*periods["today"], *periods["weekend"], *periods["month"], today, today + timedelta(days=DAYS - 1)]
    facets = Facets()
    for left_out, names in groups.items():
        for name, value, count in _count(events(left_out), names, days, with_total=not left_out):
            _note(facets, name, value, count)
    facets.category = _with_those_above(facets.category)
    return facets


def _count(events: EventQuerySet, names: list[str], days: list[date], *, with_total: bool) -> list[tuple]:
    """Return (facet, value, count), and (None, None, count) of all."""
    try:
        sql, parameters = events.order_by().values(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        # Django knows without asking that there is nothing.
        return []
    # The number of the facet that a row is about, from 1; 0 is the total.
    which = " + ".join(f"{number} * (1 - GROUPING({name}))" for number, name in enumerate(names, 1))
    values = ["CASE WHEN GROUPING(city) = 0 THEN min(city_name) END" if name == "city" else name for name in names]
    statement = COUNT.format(
        which=which or "0",
        value=f"coalesce({', '.join(values)}, NULL)" if values else "NULL",
        events=sql,
        sets=", ".join([f"({name})" for name in names] + ["()"] * with_total),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*days, *parameters])
        return [([None, *names][number], value, count) for number, value, count in cursor.fetchall()]


def _note(facets: Facets, name: str | None, value: str | None, count: int) -> None:
    if name is None:
        facets.total = count
    elif name in ("today", "weekend", "month"):
        if value == "true":
            facets.preset[name] = count
    elif value:
        getattr(facets, name)[value] = count


def _with_those_above(counts: dict[str, int]) -> dict[str, int]:
    """Return counts by slug from counts by id."""
    of = {str(category.id): category for category in list_categories()}
    found: dict[str, int] = defaultdict(int)
    for category_id, count in counts.items():
        step = of.get(category_id)
        while step is not None:
            found[step.slug] += count
            step = of.get(str(step.parent_id))
    return dict(found)
