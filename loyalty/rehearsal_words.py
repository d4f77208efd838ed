"""What webhooks would come to, as pages show it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty.models import LedgerAccount, LedgerTransaction, WebhookDelivery
from loyalty.services.rehearse_deliveries import Rehearsal

# A batch may hold a thousand records.
RECORDS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Line:
    """One record's outcome: a code or, where it is refused, why; for whom, and how many points."""

    outcome: str
    why: str
    customer: str
    points: str


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A webhook and the first of its records."""

    delivery: WebhookDelivery
    lines: Sequence[Line]
    more: int


def tried_out(deliveries: Sequence[WebhookDelivery], rehearsal: Rehearsal) -> list[Tried]:
    """Return the webhooks with what each would come to."""
    return [_tried(one, rehearsal.outcomes, rehearsal.customers) for one in deliveries]


def entries_shown(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """Return what would be posted, under people's names."""
    return [
        {
            **one,
            "movement": LedgerTransaction.Kind(one["movement"]).label,
            "place": LedgerAccount.Kind(one["place"]).label,
        }
        for one in rehearsal.entries
    ]


def _tried(
    delivery: WebhookDelivery, outcomes: Mapping[uuid.UUID, Sequence[Mapping[str, Any]]], names: Mapping[str, str]
) -> Tried:
    found = outcomes[delivery.id]
    lines = [_line(one, names) for one in found[:RECORDS_SHOWN]]
    return Tried(delivery=delivery, lines=lines, more=len(found) - len(lines))


def _line(found: Mapping[str, Any], names: Mapping[str, str]) -> Line:
    return Line(
        outcome=found["outcome"],
        why=found.get("why", ""),
        customer=names.get(found.get("customer", ""), ""),
        points=_unless_zero(found.get("points", "0")) or _moved(found),
    )


def _moved(found: Mapping[str, Any]) -> str:
    """Return what a return takes back and gives back."""
    moved = (("−", _unless_zero(found.get("taken", "0"))), ("+", _unless_zero(found.get("given", "0"))))
    return " ".join(f"{sign}{points}" for sign, points in moved if points)


def _unless_zero(points: str) -> str:
    return points if Decimal(points) else ""
