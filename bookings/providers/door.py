"""Money that the organizer's people took at the door: no provider has it, so nobody but they can give it back."""

from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from bookings.providers.port import (
    Incoming,
    PaymentOrder,
    ProviderRefused,
    RefundOrder,
    UntrustedWebhook,
)

GIVE_BACK_BY_HAND = "paid at the door: give it back by hand"


class DoorProvider:
    """Says no to everything, so that a refund waits for a person."""

    code = "door"
    account_id: UUID | None = None

    def create_payment(self, order: PaymentOrder) -> NoReturn:
        raise ProviderRefused(GIVE_BACK_BY_HAND)

    def fetch_payment(self, provider_payment_id: str) -> NoReturn:
        raise ProviderRefused(GIVE_BACK_BY_HAND)

    def refund(self, order: RefundOrder) -> NoReturn:
        raise ProviderRefused(GIVE_BACK_BY_HAND)

    def fetch_refund(self, provider_refund_id: str) -> NoReturn:
        raise ProviderRefused(GIVE_BACK_BY_HAND)

    def verify_webhook(self, incoming: Incoming, *, now: datetime) -> NoReturn:
        raise UntrustedWebhook()

    def read_notice(self, payload: dict[str, Any]) -> None:
        return None
