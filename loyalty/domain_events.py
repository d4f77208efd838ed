"""Facts that this app states. Ids and numbers: whom they are about is asked by id."""

from dataclasses import dataclass
from decimal import Decimal

from bus.facts import Fact, states


@dataclass(frozen=True, kw_only=True)
class PointsFact(Fact):
    """Points have moved; `balance` is what the customer can spend now."""

    project_id: str
    customer_id: str
    amount: Decimal
    balance: Decimal
    # The shop's own id of the order; '' where there is none.
    order_id: str = ""
    # Who the customer is on the platform; '' in the shops' projects.
    user_id: str = ""


@states("loyalty.bonus.awarded.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusAwarded(PointsFact):
    """Points became spendable."""


@states("loyalty.bonus.spent.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusSpent(PointsFact):
    """An order was paid with points."""


@states("loyalty.bonus.returned.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusReturned(PointsFact):
    """Goods came back: points that paid for them are back (positive), or those they had earned are gone (negative)."""


@states("loyalty.bonus.expiring.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusExpiring(PointsFact):
    """Points will be lost at `expires_at` unless they are spent."""

    expires_at: str


@states("loyalty.bonus.expired.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class BonusExpired(PointsFact):
    """Points were not spent in time."""


@states("loyalty.customer.level_changed.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class LevelChanged(PointsFact):
    """A customer has reached a level, or keeps it no longer; '' is no level. `amount` is the added percent."""

    level: str
    level_before: str


@states("loyalty.customer.registered.v1", key="customer_id")
@dataclass(frozen=True, kw_only=True)
class CustomerRegistered(PointsFact):
    """A shop has made somebody known before the first purchase."""
