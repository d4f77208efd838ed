"""What a payment provider can do for us. Adapters stand beside; nothing else knows how they speak.

Every call may be repeated with the same key and then has the effect of one. No call is made inside a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from common.money import Money
from common.problems import Problem

Outcome = Literal["pending", "succeeded", "failed"]


class ProviderUnavailable(Exception):
    """The provider did not answer, or answered with an error that may pass: try again later."""


class UntrustedWebhook(Problem):
    """Nothing proves that this webhook comes from the provider."""

    code = "untrusted_webhook"
    status = 401
    title = "The webhook's signature is not valid."


@dataclass(frozen=True, kw_only=True)
class PaymentOrder:
    """What is to be paid; `key` is our payment's id."""

    key: str
    amount: Money
    description: str
    return_url: str


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
    """What is to go back; `key` is our refund's id."""

    key: str
    provider_payment_id: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A webhook whose origin is proven; the same `id` may come many times."""

    id: str
    payload: dict[str, Any]


class PaymentProvider(Protocol):
    code: str

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        """Ask for a payment; raises ProviderUnavailable."""

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        """Ask how a payment stands; raises ProviderUnavailable."""

    def refund(self, order: RefundOrder) -> str:
        """Give money back and return the refund's id at the provider; raises ProviderUnavailable."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Return the notice; raises UntrustedWebhook, InvalidInput."""

    def payment_of(self, payload: dict[str, Any]) -> ProviderPayment | None:
        """Return the payment that a notice speaks of, or None when it speaks of something else."""
