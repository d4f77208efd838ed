"""A payment provider that does what a test tells it."""

from typing import Any

from django.db import connection

from bookings.providers.port import Notice, PaymentOrder, ProviderPayment, ProviderUnavailable, RefundOrder


class ObedientProvider:
    """Answers at once, or not at all; refuses to be called inside a transaction."""

    code = "sandbox"

    def __init__(self) -> None:
        self.orders: list[PaymentOrder] = []
        self.refunds: list[RefundOrder] = []
        self.away = False
        self.outcome = "pending"
        self.meanwhile: Any = lambda order: None

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        self._answer()
        self.orders.append(order)
        self.meanwhile(order)
        return self._told(order.key, order.amount)

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        self._answer()
        order = next(one for one in self.orders if f"p-{one.key}" == provider_payment_id)
        return self._told(order.key, order.amount)

    def refund(self, order: RefundOrder) -> str:
        self._answer()
        self.refunds.append(order)
        return f"r-{order.key}"

    def verify_webhook(self, headers: Any, body: bytes) -> Notice:
        raise NotImplementedError

    def payment_of(self, payload: dict[str, Any]) -> ProviderPayment | None:
        raise NotImplementedError

    def _answer(self) -> None:
        open_blocks = [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
        assert not open_blocks, "a provider was called inside a transaction"
        if self.away:
            raise ProviderUnavailable("no answer")

    def _told(self, key: str, amount: Any) -> ProviderPayment:
        return ProviderPayment(
            id=f"p-{key}",
            key=key,
            outcome=self.outcome,  # type: ignore[arg-type]
            amount=amount,
            confirmation_url="https://pay.example/here",
        )
