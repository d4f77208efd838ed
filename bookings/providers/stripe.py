"""Stripe by its documented REST API: a hosted Checkout Session per payment, refunds of its payment intent.

A payment's id at Stripe is its session's. Webhooks are signed (docs.stripe.com/webhooks#verify-manually): HMAC-SHA-256
over `timestamp.body` with the endpoint's secret, the timestamp no further than five minutes from now either way.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from bookings.providers.http_client import call_provider
from bookings.providers.minor_units import AmountNotPayable, from_minor_units, to_minor_units
from bookings.providers.port import (
    Incoming,
    Notice,
    Outcome,
    PaymentOrder,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    RefundOrder,
    UntrustedWebhook,
)
from common.problems import FieldProblem, InvalidInput

VERSION = "2025-06-30.basil"
WINDOW_SECONDS = 300
SESSION_EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
)
REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
# What is read of a session or a refund.
KEPT = (
    *("status", "payment_status", "metadata", "amount_total", "amount", "currency", "url", "payment_intent"),
    "failure_reason",
)
T = TypeVar("T")
REFUND_OUTCOMES: dict[str, Outcome] = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


class StripeProvider:
    code = "stripe"

    def __init__(self, *, api_url: str, secret_key: str, webhook_secret: str, account_id: UUID | None = None) -> None:
        self.account_id = account_id
        self._api_url = api_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": VERSION}
        self._webhook_secret = webhook_secret.encode()

    def check_account(self) -> None:
        # A key that is restricted may do no more than this; any other could read the account itself.
        call_provider("GET", f"{self._api_url}/v1/checkout/sessions?limit=1", headers=self._headers)

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        try:
            units = to_minor_units(order.amount)
        except AmountNotPayable as error:
            raise ProviderRefused("amount_not_payable") from error
        form = {
            "mode": "payment",
            "client_reference_id": order.key,
            "metadata[payment_id]": order.key,
            "payment_intent_data[metadata][payment_id]": order.key,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": order.amount.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(units),
            "line_items[0][price_data][product_data][name]": order.description[:250] or order.key,
            "success_url": order.return_url,
            "cancel_url": order.return_url,
        }
        if order.email:
            form["customer_email"] = order.email
        return _read(_payment, self._post("/v1/checkout/sessions", form, key=order.key))

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        return _read(_payment, self._get("checkout/sessions", provider_payment_id))

    def refund(self, order: RefundOrder) -> ProviderRefund:
        session = self._get("checkout/sessions", order.provider_payment_id)
        form = {
            "payment_intent": str(session.get("payment_intent") or ""),
            "amount": str(to_minor_units(order.amount)),
            "metadata[refund_key]": order.key,
        }
        return _read(_refund, self._post("/v1/refunds", form, key=order.key))

    def fetch_refund(self, provider_refund_id: str) -> ProviderRefund:
        return _read(_refund, self._get("refunds", provider_refund_id))

    def verify_webhook(self, incoming: Incoming, *, now: datetime) -> Notice:
        timestamp, signatures = _signature_parts(incoming.headers.get("stripe-signature", ""))
        expected = hmac.new(self._webhook_secret, b"%d.%b" % (timestamp, incoming.body), hashlib.sha256).hexdigest()
        # Every signature is compared, and each in constant time.
        genuine = [hmac.compare_digest(expected.encode(), one.encode()) for one in signatures]
        if not any(genuine) or abs(now.timestamp() - timestamp) > WINDOW_SECONDS:
            raise UntrustedWebhook()
        try:
            payload = json.loads(incoming.body)
            notice_id, kind, about = payload["id"], payload["type"], payload["data"]["object"]
            kept = {"id": about["id"]} | {name: about[name] for name in KEPT if name in about}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidInput(errors=(FieldProblem("", "unreadable", "This is not an event of Stripe."),)) from error
        # As much as is used: the body names the payer, with address and telephone.
        return Notice(id=str(notice_id)[:200], payload={"type": kind, "data": {"object": kept}})

    def read_notice(self, payload: dict[str, Any]) -> ProviderPayment | ProviderRefund | None:
        told = payload["data"]["object"]
        if payload["type"] in SESSION_EVENTS:
            # A session that was made by hand in Stripe's dashboard has no payment of ours.
            failed = payload["type"] == "checkout.session.async_payment_failed"
            return _read(_payment, told, failed=failed) if _is_ours(told) else None
        if payload["type"] not in REFUND_EVENTS:
            return None
        refund = _read(_refund, told)
        if refund.key:
            return refund
        intent = self._get("payment_intents", str(told.get("payment_intent") or ""))
        payment_key = (intent.get("metadata") or {}).get("payment_id", "")
        return _read(_refund, told, payment_key=payment_key) if payment_key else None

    def _post(self, path: str, form: dict[str, str], *, key: str) -> dict[str, Any]:
        headers = {**self._headers, "Idempotency-Key": key}
        return call_provider("POST", f"{self._api_url}{path}", data=form, headers=headers)

    def _get(self, kind: str, identifier: str) -> dict[str, Any]:
        # An id becomes part of the address: nothing but an id may.
        if not re.fullmatch(r"[A-Za-z0-9_]{1,100}", identifier):
            raise ProviderRefused("no such object")
        return call_provider("GET", f"{self._api_url}/v1/{kind}/{identifier}", headers=self._headers)


def _signature_parts(header: str) -> tuple[int, list[str]]:
    """Return the time and the v1 signatures of a Stripe-Signature header.

    Raises:
        UntrustedWebhook: there is no such thing in it.
    """
    parts = [part.strip().partition("=") for part in header[:2000].split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
        raise UntrustedWebhook()
    return int(times[0]), [value for name, _, value in parts if name == "v1"]


def _is_ours(session: dict[str, Any]) -> bool:
    return bool((session.get("metadata") or {}).get("payment_id"))


def _read(build: Callable[..., T], told: dict[str, Any], **further: Any) -> T:
    try:
        return build(told, **further)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ProviderUnavailable(f"unreadable {type(error).__name__}") from error


def _payment(told: dict[str, Any], *, failed: bool = False) -> ProviderPayment:
    """Read a session; complete and still unpaid is a bank transfer on its way, or, told by its own event, failed."""
    expired = told["status"] == "expired"
    lost = failed or expired
    outcome: Outcome = "succeeded" if told["payment_status"] == "paid" else "failed" if lost else "pending"
    return ProviderPayment(
        id=told["id"],
        key=told["metadata"]["payment_id"],
        outcome=outcome,
        amount=from_minor_units(int(told["amount_total"]), told["currency"]),
        confirmation_url=told.get("url") or "",
        failure="session_expired" if expired else "declined" if failed else "",
    )


def _refund(told: dict[str, Any], payment_key: str = "") -> ProviderRefund:
    return ProviderRefund(
        id=told["id"],
        key=(told.get("metadata") or {}).get("refund_key", ""),
        outcome=REFUND_OUTCOMES.get(told["status"], "pending"),
        amount=from_minor_units(int(told["amount"]), told["currency"]),
        payment_key=payment_key,
        failure=told.get("failure_reason") or "",
    )
