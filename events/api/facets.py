"""Facets as the API shows them."""

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from events.selectors.facets import Facets

MOST_VALUES = 50


def shown_facets(facets: Facets) -> dict[str, Any]:
    """Return the total, and of each facet `[{value, count}]`, most first; days and stars stand in their order."""
    counted = asdict(facets)
    total = counted.pop("total")
    return {"total": total} | {
        name: [{"value": value, "count": count} for value, count in sorted(counts.items(), key=_order_of(name))][
            :MOST_VALUES
        ]
        for name, counts in counted.items()
    }


def _order_of(name: str) -> Callable[[tuple[str, int]], Any]:
    if name == "day":
        return lambda one: one[0]
    if name == "min_rating":
        return lambda one: -Decimal(one[0])
    return lambda one: (-one[1], one[0])
