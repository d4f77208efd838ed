"""How a purchase becomes points, and the explanation that is kept with each accrual.

points = basis amount × base percent, rounded by the project's rule. The basis is what was paid, with or without delivery.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Protocol

ROUNDINGS = {
    "cents_half_up": (Decimal("0.01"), ROUND_HALF_UP),
    "whole_half_up": (Decimal(1), ROUND_HALF_UP),
    "whole_down": (Decimal(1), ROUND_DOWN),
}


class Rules(Protocol):
    """The part of a project that decides."""

    base_percent: Decimal
    rounding: str
    basis: str


@dataclass(frozen=True)
class Accrual:
    """So many points, and why."""

    points: Decimal
    explanation: dict[str, Any]


def accrual_for(rules: Rules, *, amount: Decimal, delivery_amount: Decimal) -> Accrual:
    """Return the points of a purchase."""
    basis = amount - delivery_amount if rules.basis == "without_delivery" else amount
    step, rounding = ROUNDINGS[rules.rounding]
    points = (basis * rules.base_percent / 100).quantize(step, rounding=rounding).quantize(Decimal("0.01"))
    explanation = {
        "rules": [{"rule": "base_percent", "percent": str(rules.base_percent), "points": str(points)}],
        "inputs": {
            "amount": str(amount),
            "delivery_amount": str(delivery_amount),
            "basis": rules.basis,
            "basis_amount": str(basis),
            "rounding": rules.rounding,
        },
        "formula": f"{basis} × {rules.base_percent} % = {points}",
        "points": str(points),
    }
    return Accrual(points, explanation)
