"""A payment provider that does what a test tells it."""

from typing import Any

from django.db import connection

from bookings.providers.port import (
    Notice,
    PaymentOrder,
    ProviderPayment,
    ProviderRefund,
    ProviderUnavailable,
    RefundOrder,
)


class ObedientProvider:
    """Answers at once, or not at all; refuses to be called inside a transaction."""

    code = "sandbox"
    account_id = None

    def __init__(self) -> None:
        self.orders: list[PaymentOrder] = []
        self.refunds: list[RefundOrder] = []
        self.away = False
        self.outcome = "pending"
        self.refund_outcome = "succeeded"
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

    def refund(self, order: RefundOrder) -> ProviderRefund:
        self._answer()
        self.refunds.append(order)
        return self.fetch_refund(f"r-{order.key}")

    def fetch_refund(self, provider_refund_id: str) -> ProviderRefund:
        self._answer()
        [order] = {one.key: one for one in self.refunds if f"r-{one.key}" == provider_refund_id}.values()
        return ProviderRefund(
            id=provider_refund_id,
            key=order.key,
            outcome=self.refund_outcome,  # type: ignore[arg-type]
            amount=order.amount,
            provider_payment_id=order.provider_payment_id,
        )

    def verify_webhook(self, incoming: Any, *, now: Any) -> Notice:
        raise NotImplementedError

    def read_notice(self, payload: dict[str, Any]) -> ProviderPayment | ProviderRefund | None:
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
