"""Money: an exact decimal amount with its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self


class CurrencyMismatch(ValueError):
    """Amounts of two currencies met in one sum."""


@dataclass(frozen=True, order=False)
class Money:
    """An amount in major units (roubles, not kopecks), always at two decimal places.

    Raises:
        CurrencyMismatch: from sums and comparisons across currencies.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", self.amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(Decimal(0), currency)

    @classmethod
    def from_json(cls, told: dict[str, str]) -> Self:
        """Read the API's form; raises KeyError, TypeError or decimal.InvalidOperation for anything else."""
        return cls(Decimal(told["amount"]), told["currency"])

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def percent(self, percent: Decimal) -> "Money":
        """Return a share of the amount, rounded half up to the kopeck."""
        return Money(self.amount * percent / 100, self.currency)

    def as_json(self) -> dict[str, str]:
        """Return the API's form: {"amount": "1500.00", "currency": "RUB"}."""
        return {"amount": str(self.amount), "currency": self.currency}

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount
