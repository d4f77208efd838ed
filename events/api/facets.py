"""Facets as the API shows them."""

from dataclasses import asdict
from typing import Any

from events.selectors.facets import Facets

MOST_VALUES = 50


def shown_facets(facets: Facets) -> dict[str, Any]:
    """Return the total, and of each facet `[{value, count}]`, most first; days stand in their order."""
    counted = asdict(facets)
    total = counted.pop("total")
    return {"total": total} | {
        name: [
            {"value": value, "count": count}
            for value, count in sorted(counts.items(), key=lambda one: one[0] if name == "day" else (-one[1], one[0]))
        ][:MOST_VALUES]
        for name, counts in counted.items()
    }
