"""How many events each further wish would leave, under the other wishes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from events.models import Category
from events.models.event_queryset import EventQuerySet
from events.selectors.catalogue import list_categories

DAYS = 14
STARS = tuple(map(Decimal, ("4.5", "4", "3", "2", "1")))
# What is counted by, each with the wishes that it would take the place of; a tag comes on top of those wished for.
WISHES: dict[str, tuple[str, ...]] = {
    "category": ("category",),
    "city": ("city",),
    "language": ("language",),
    "age_rating": ("age_rating",),
    "free": ("free",),
    # An event with a ticket for nothing and another for money is both.
    "paid": ("free",),
    "online": ("online",),
    "rating": ("min_rating",),
    "starts_on": ("preset", "date_from", "date_to"),
    "tags": (),
}
# What is counted of prices, and the wish for it.
PRICED = {"free": True, "paid": False}
# Few values each: counted together, by all that occurs of them, and added up here. PostgreSQL has to expect few groups of
# them: where it thinks that they don't fit into memory, it sorts all events, for twice as long as the rest takes.
TRAITS = ("language", "age_rating", "free", "paid", "online")
COLUMNS = (
    *("category_id", "city", "language", "age_rating", "price_from", "price_to", "online", "rating", "starts_on"),
    "tags",
)
# Cities that differ only in case are one to the filter: what it compares them by is worked out once for each, not once
# for each event. A tag that stands twice in an event counts once.
COUNT = """
    WITH described AS (
        SELECT category_id AS category, city, language, age_rating, price_from = 0 AND price_to IS NOT NULL AS free,
               price_to IS NULL OR price_to > 0 AS paid, online, rating, starts_on, tags
        FROM ({events}) AS wanted
    ), counted AS (
        SELECT {columns}, GROUPING({columns}) AS left_out, count(*) AS number
        FROM described
        GROUP BY GROUPING SETS ({sets})
    )
    SELECT left_out, number, {told} FROM counted
"""
TAGS_APART = """
    WHERE left_out <> {all_but_tags}
    UNION ALL
    SELECT left_out, sum(number)::bigint, {told}
    FROM counted, LATERAL (SELECT DISTINCT jsonb_array_elements_text(tags) AS tag) AS within
    WHERE left_out = {all_but_tags}
    GROUP BY left_out, tag
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
    min_rating: dict[str, int] = field(default_factory=dict)
    preset: dict[str, int] = field(default_factory=dict)
    day: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)


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
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, wishes in WISHES.items():
        groups[wishes if chosen & set(wishes) else ()].append(name)
    tally = Tally(periods | {(today + timedelta(days=n)).isoformat(): _whole(today, n) for n in range(DAYS)})
    for left_out, names in groups.items():
        for values, number in _count(events(left_out), names, with_total=not left_out):
            tally.add(values, number)
    return tally.facets(presets=tuple(periods))


def _whole(today: date, days: int) -> tuple[date, date]:
    return today + timedelta(days=days), today + timedelta(days=days)


class Tally:
    """Adds up how often what occurs."""

    def __init__(self, periods: dict[str, tuple[date, date]]) -> None:
        self._periods = periods
        self._total = 0
        self._counts: dict[str, dict[Any, int]] = {name: defaultdict(int) for name in (*WISHES, "period", "stars")}
        # Of each city the way of writing it that comes first.
        self._cities: dict[str, str] = {}

    def add(self, values: dict[str, Any], number: int) -> None:
        """Add events of which these values are known; of no value, all."""
        if not values:
            self._total += number
        for name, value in values.items():
            if name == "city":
                written, compared = value
                self._cities[compared] = min(written, self._cities.get(compared, written))
                value = compared  # noqa: PLW2901  (what it is counted by)
            elif name == "starts_on":
                for period, (first, last) in self._periods.items():
                    if first <= value <= last:
                        self._counts["period"][period] += number
            elif name == "rating" and value is not None:
                for stars in STARS:
                    if value >= stars:
                        self._counts["stars"][str(stars)] += number
                continue
            self._counts[name][value] += number

    def facets(self, *, presets: Sequence[str]) -> Facets:
        """Return the counts by the words that wishes use."""
        counts = self._counts
        return Facets(
            total=self._total,
            category=_with_those_above(counts["category"]),
            city={self._cities[name]: number for name, number in counts["city"].items() if name},
            language=dict(counts["language"]),
            age_rating=dict(counts["age_rating"]),
            free=_yes_no({yes: counts[name][True] for name, yes in PRICED.items() if True in counts[name]}),
            online=_yes_no(counts["online"]),
            min_rating=dict(counts["stars"]),
            preset={name: number for name, number in counts["period"].items() if name in presets},
            day={name: number for name, number in counts["period"].items() if name not in presets},
            tags=dict(counts["tags"]),
        )


def _count(events: EventQuerySet, names: list[str], *, with_total: bool) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield values that occur together and how often; the total has no values."""
    try:
        sql, parameters = events.order_by().values(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        # Django knows without asking that there is nothing.
        return
    together = tuple(name for name in names if name in TRAITS)
    sets = [(name,) for name in names if name not in TRAITS] + [together] * bool(together) + [()] * with_total
    columns = [name for one in sets for name in one]
    # GROUPING() has a bit for each column that a set leaves out, the first column's the highest.
    bits = {name: 1 << place for place, name in enumerate(reversed(columns))}
    set_of = {sum(bit for name, bit in bits.items() if name not in one): one for one in sets}
    statement = COUNT.format(
        events=sql,
        columns=", ".join(columns),
        sets=", ".join(f"({', '.join(one)})" for one in sets),
        told=", ".join(_told(name) for name in columns),
    )
    if "tags" in names:
        told = ", ".join("tag" if name == "tags" else "NULL" for name in columns)
        statement += TAGS_APART.format(told=told, all_but_tags=sum(bits.values()) - bits["tags"])
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for left_out, number, *values in cursor.fetchall():
            known = dict(zip(columns, values, strict=True))
            yield {name: known[name] for name in set_of[left_out]}, number


def _told(name: str) -> str:
    return {"city": "ARRAY[city, upper(city)]", "tags": "NULL"}.get(name, name)


def _yes_no(counts: dict[bool, int]) -> dict[str, int]:
    return {str(value).lower(): number for value, number in counts.items()}


def _with_those_above(counts: dict[Any, int]) -> dict[str, int]:
    """Return counts by slug from counts by id."""
    of: dict[Any, Category] = {category.id: category for category in list_categories()}
    found: dict[str, int] = defaultdict(int)
    for category_id, count in counts.items():
        step = of.get(category_id)
        while step is not None:
            found[step.slug] += count
            step = of.get(step.parent_id)
    return dict(found)
