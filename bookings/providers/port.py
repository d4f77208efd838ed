"""What a payment provider can do for us. Adapters stand beside; nothing else knows how they speak.

Every call may be repeated with the same key and then has the effect of one. No call is made inside a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from common.money import Money
from common.problems import Problem

Outcome = Literal["pending", "succeeded", "failed"]


class ProviderUnavailable(Exception):
    """The provider did not answer, or answered with an error that may pass: try again later, with the same key."""


class ProviderRefused(Exception):
    """The provider understood and said no: asked the same again, it would say the same."""


class UntrustedWebhook(Problem):
    """Nothing proves that this webhook comes from the provider."""

    code = "untrusted_webhook"
    status = 401
    title = "The webhook's signature is not valid."


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One position of a fiscal receipt."""

    name: str
    quantity: int
    price: Money


@dataclass(frozen=True, kw_only=True)
class PaymentOrder:
    """What is to be paid; `key` is our payment's id. `lines` add up to the amount, or are empty."""

    key: str
    amount: Money
    description: str
    return_url: str
    email: str = ""
    lines: tuple[ReceiptLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProviderPayment:
    """A payment as the provider sees it; `key` is our payment's id."""

    id: str
    key: str
    outcome: Outcome
    amount: Money
    confirmation_url: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundOrder:
    """What is to go back; `key` is made of our refund's id (`Refund.provider_key`)."""

    key: str
    provider_payment_id: str
    amount: Money
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderRefund:
    """A refund as the provider sees it. Without a `key` it was not asked for by us.

    One of `payment_key` (our payment's id) and `provider_payment_id` says what was paid back.
    """

    id: str
    key: str
    outcome: Outcome
    amount: Money
    payment_key: str = ""
    provider_payment_id: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A webhook as it came in: raw bytes, headers by lower-case name, the sender's address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A webhook whose origin is proven; the same `id` may come many times."""

    id: str
    payload: dict[str, Any]


class PaymentProvider(Protocol):
    code: str
    # The organizer's own account at the provider; None is the platform's.
    account_id: UUID | None

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        """Ask for a payment; raises ProviderUnavailable, ProviderRefused."""

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        """Ask how a payment stands; raises ProviderUnavailable, ProviderRefused."""

    def refund(self, order: RefundOrder) -> ProviderRefund:
        """Give money back; raises ProviderUnavailable, ProviderRefused."""

    def fetch_refund(self, provider_refund_id: str) -> ProviderRefund:
        """Ask how a refund stands; raises ProviderUnavailable, ProviderRefused."""

    def verify_webhook(self, incoming: Incoming, *, now: datetime) -> Notice:
        """Return the notice without asking anybody; raises UntrustedWebhook, InvalidInput."""

    def read_notice(self, payload: dict[str, Any]) -> ProviderPayment | ProviderRefund | None:
        """Return what a notice speaks of, None when that isn't ours to know; may ask the provider about it.

        Raises:
            ProviderUnavailable, ProviderRefused
        """


class AccountProvider(PaymentProvider, Protocol):
    """A provider that an organizer may bring an account of its own at."""

    def check_account(self) -> None:
        """Ask whether these credentials may take payments; raises ProviderUnavailable, ProviderRefused."""
