"""Facts that this app states."""

from dataclasses import dataclass
from decimal import Decimal

from bus.facts import Fact, states


@states("loyalty.bonus.awarded.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusAwarded(Fact):
    """Points became spendable; `balance` is what the customer can spend now."""

    project_id: str
    customer_id: str
    amount: Decimal
    balance: Decimal
    # The shop's own id of the order.
    order_id: str
