from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import CurrencyMismatch, Money

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


class TestMoney:
    @given(amounts, amounts)
    def test_sums_are_exact(self, first: Decimal, second: Decimal) -> None:
        assert (Money(first, "RUB") + Money(second, "RUB")) - Money(second, "RUB") == Money(first, "RUB")

    def test_refuses_to_mix_currencies(self) -> None:
        with pytest.raises(CurrencyMismatch):
            Money(Decimal(1), "RUB") + Money(Decimal(1), "USD")
        with pytest.raises(CurrencyMismatch):
            _ = Money(Decimal(1), "RUB") < Money(Decimal(1), "USD")

    def test_rounds_a_share_half_up(self) -> None:
        assert Money(Decimal("0.05"), "RUB").percent(Decimal(50)) == Money(Decimal("0.03"), "RUB")

    def test_is_written_with_two_places(self) -> None:
        assert Money(Decimal(1500), "RUB").as_json() == {"amount": "1500.00", "currency": "RUB"}
