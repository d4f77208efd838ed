"""Long lists on pages: so many rows at a time, without counting the rest."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

FARTHEST = 10_000


@dataclass(frozen=True, kw_only=True)
class Portion:
    """One page of a list; numbers begin with 1."""

    rows: list[Any]
    number: int
    has_next: bool

    @property
    def back(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def further(self) -> int | None:
        return self.number + 1 if self.has_next else None


def portion_of(rows: "QuerySet[Any]", *, asked: str | None, size: int) -> Portion:
    """Return the rows of the page asked for; what is no number means the first."""
    number = int(asked) if asked and asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    number = min(max(number, 1), FARTHEST)
    found = list(rows[(number - 1) * size : number * size + 1])
    return Portion(rows=found[:size], number=number, has_next=len(found) > size)
