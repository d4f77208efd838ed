"""How a purchase becomes points, and the explanation that is kept with each accrual.

points = basis amount × (base percent + percent of the level), rounded once, by the project's rule. The basis is what was
paid, with or without delivery. What a return takes back is the same share of the points as of the amount.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Protocol

import msgspec

CENT = Decimal("0.01")
ROUNDINGS = {
    "cents_half_up": (CENT, ROUND_HALF_UP),
    "whole_half_up": (Decimal(1), ROUND_HALF_UP),
    "whole_down": (Decimal(1), ROUND_DOWN),
}


class Rules(Protocol):
    """The part of a project that decides."""

    base_percent: Decimal
    rounding: str
    basis: str


class Rank(Protocol):
    """The part of a level that decides."""

    name: str
    percent: Decimal


class Accrual(msgspec.Struct, frozen=True):
    """So many points, and why."""

    points: Decimal
    explanation: dict[str, Any]


def accrual_for(rules: Rules, *, amount: Decimal, delivery_amount: Decimal, level: Rank | None = None) -> Accrual:
    """Return the points of a purchase by a customer of a level."""
    basis = amount - delivery_amount if rules.basis == "without_delivery" else amount
    step, rounding = ROUNDINGS[rules.rounding]
    percent = rules.base_percent + (level.percent if level else 0)
    points = (basis * percent / 100).quantize(step, rounding=rounding).quantize(CENT)
    applied: list[dict[str, str]] = [{"rule": "base_percent", "percent": str(rules.base_percent)}]
    formula = f"{rules.base_percent} %"
    if level:
        applied.append({"rule": "level", "level": level.name, "percent": str(level.percent)})
        formula = f"({rules.base_percent} + {level.percent}) %"
    explanation = {
        "rules": applied,
        "inputs": {
            "amount": str(amount),
            "delivery_amount": str(delivery_amount),
            "basis": rules.basis,
            "basis_amount": str(basis),
            "rounding": rules.rounding,
        },
        "formula": f"{basis} × {formula} = {points}",
        "points": str(points),
    }
    return Accrual(points, explanation)


def share_of(points: Decimal, *, part: Decimal, whole: Decimal) -> Decimal:
    """Return the share of points that goes with a part of an amount, to 0.01 half up; all of them with the whole."""
    if part >= whole:
        return points
    return (points * part / whole).quantize(CENT, rounding=ROUND_HALF_UP)


def apportion(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a total by weights into whole 0.01s that sum to it: the method of the largest remainder (Hamilton).

    No part exceeds its weight as long as the total doesn't exceed their sum. Equal remainders: the earlier part first.
    """
    whole = sum(weights, Decimal(0))
    if not whole:
        return [Decimal(0) for _ in weights]
    exact = [total * weight / whole for weight in weights]
    parts = [one.quantize(CENT, rounding=ROUND_DOWN) for one in exact]
    left = int((total - sum(parts, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[:left]:
        parts[index] += CENT
    return parts
