"""Amounts as whole numbers of the currency's smallest unit, as Stripe counts (docs.stripe.com/currencies)."""

from decimal import Decimal

from common.money import Money

# These have no smaller unit, or one that nobody charges in.
WITHOUT_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
HUNDRED = Decimal(100)


class AmountNotPayable(ValueError):
    """The currency has no such amount."""


def to_minor_units(money: Money) -> int:
    """Return kopecks for roubles, yen for yen.

    Raises:
        AmountNotPayable: a fraction of a currency that has none.
    """
    scaled = money.amount * (1 if money.currency in WITHOUT_DECIMALS else HUNDRED)
    if scaled != scaled.to_integral_value():
        raise AmountNotPayable(str(money))
    return int(scaled)


def from_minor_units(units: int, currency: str) -> Money:
    """Return the amount; `currency` in either case."""
    code = currency.upper()
    return Money(Decimal(units) / (1 if code in WITHOUT_DECIMALS else HUNDRED), code)
