"""YooKassa by its documented REST API (yookassa.ru/developers/api), with the receipt that 54-FZ asks for.

Its webhooks carry no signature. What counts is that they come from its published networks, and that the object, asked
for again, is what they say: `read_notice` never believes the body.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from bookings.providers.http_client import call_provider
from bookings.providers.port import (
    Incoming,
    Notice,
    Outcome,
    PaymentOrder,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    ReceiptLine,
    RefundOrder,
    UntrustedWebhook,
)
from common.money import Money
from common.problems import FieldProblem, InvalidInput

T = TypeVar("T")
# yookassa.ru/developers/using-api/webhooks, "notification authentication".
NETWORKS = (
    "185.71.76.0/27",
    "185.71.77.0/27",
    "77.75.153.0/25",
    "77.75.156.11/32",
    "77.75.156.35/32",
    "77.75.154.128/25",
    "2a02:5180::/32",
)
OUTCOMES: dict[str, Outcome] = {"succeeded": "succeeded", "canceled": "failed"}
# A refund has no metadata of its own: its description carries our key.
REFUND_KEY = re.compile(r"\bref:([0-9a-f-]{36}(?:-[0-9]{1,4})?)$")
LONGEST_DESCRIPTION = 128


class YooKassaProvider:
    code = "yookassa"

    def __init__(
        self,
        *,
        api_url: str,
        shop_id: str,
        secret_key: str,
        vat_code: int,
        networks: tuple[str, ...] = (),
        account_id: UUID | None = None,
    ) -> None:
        self.account_id = account_id
        self._api_url = api_url.rstrip("/")
        self._auth = (shop_id, secret_key)
        self._vat_code = vat_code
        self._networks = [ipaddress.ip_network(one) for one in networks or NETWORKS]

    def check_account(self) -> None:
        shop = call_provider("GET", f"{self._api_url}/me", auth=self._auth)
        if shop.get("status", "enabled") != "enabled":
            raise ProviderRefused("the shop is not enabled")

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        body: dict[str, Any] = {
            "amount": _amount(order.amount),
            "capture": True,
            "confirmation": {"type": "redirect", "return_url": order.return_url},
            "description": order.description[:LONGEST_DESCRIPTION],
            "metadata": {"payment_id": order.key},
        }
        if order.email:
            lines = order.lines or (ReceiptLine(name=order.description, quantity=1, price=order.amount),)
            body["receipt"] = self._receipt(order.email, lines)
        return _read(_payment, self._post("/payments", body, key=order.key))

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        return _read(_payment, self._get("payments", provider_payment_id))

    def refund(self, order: RefundOrder) -> ProviderRefund:
        body: dict[str, Any] = {
            "payment_id": order.provider_payment_id,
            "amount": _amount(order.amount),
            "description": f"ref:{order.key}",
        }
        if order.email:
            body["receipt"] = self._receipt(
                order.email, (ReceiptLine(name="Возврат билетов", quantity=1, price=order.amount),)
            )
        return _read(_refund, self._post("/refunds", body, key=order.key))

    def fetch_refund(self, provider_refund_id: str) -> ProviderRefund:
        return _read(_refund, self._get("refunds", provider_refund_id))

    def verify_webhook(self, incoming: Incoming, *, now: datetime) -> Notice:
        if not self._is_published(incoming.address):
            raise UntrustedWebhook()
        try:
            payload = json.loads(incoming.body)
            event, about = payload["event"], payload["object"]
            notice_id = f"{event}:{about['id']}:{about['status']}"
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            detail = "This is not a notification of YooKassa."
            raise InvalidInput(errors=(FieldProblem("", "unreadable", detail),)) from error
        # As much as is used: the body may name the payer's card and phone.
        return Notice(id=notice_id[:200], payload={"event": str(event)[:100], "object": {"id": str(about["id"])[:100]}})

    def read_notice(self, payload: dict[str, Any]) -> ProviderPayment | ProviderRefund | None:
        kind, _, _ = payload["event"].partition(".")
        if kind == "payment":
            told = self._get("payments", payload["object"]["id"])
            # A payment that was made by hand in YooKassa's own pages is none of ours.
            return _read(_payment, told) if (told.get("metadata") or {}).get("payment_id") else None
        if kind == "refund":
            return self.fetch_refund(payload["object"]["id"])
        return None

    def _is_published(self, address: str) -> bool:
        try:
            sender = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(sender, "ipv4_mapped", None)
        return any((mapped or sender) in network for network in self._networks)

    def _receipt(self, email: str, lines: tuple[ReceiptLine, ...]) -> dict[str, Any]:
        return {
            "customer": {"email": email},
            "items": [
                {
                    "description": line.name[:LONGEST_DESCRIPTION],
                    "quantity": f"{line.quantity}.00",
                    "amount": _amount(line.price),
                    "vat_code": self._vat_code,
                    "payment_subject": "service",
                    "payment_mode": "full_prepayment",
                }
                for line in lines
            ],
        }

    def _post(self, path: str, body: dict[str, Any], *, key: str) -> dict[str, Any]:
        headers = {"Idempotence-Key": key}
        return call_provider("POST", f"{self._api_url}{path}", json=body, headers=headers, auth=self._auth)

    def _get(self, kind: str, identifier: str) -> dict[str, Any]:
        # An id becomes part of the address: nothing but an id may.
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", identifier):
            raise ProviderRefused("no such object")
        return call_provider("GET", f"{self._api_url}/{kind}/{identifier}", auth=self._auth)


def _amount(money: Money) -> dict[str, str]:
    return {"value": str(money.amount), "currency": money.currency}


def _money(told: dict[str, str]) -> Money:
    return Money(Decimal(told["value"]), told["currency"])


def _read(build: Callable[[dict[str, Any]], T], told: dict[str, Any]) -> T:
    try:
        return build(told)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ProviderUnavailable(f"unreadable {type(error).__name__}") from error


def _payment(told: dict[str, Any]) -> ProviderPayment:
    return ProviderPayment(
        id=told["id"],
        key=told["metadata"]["payment_id"],
        outcome=OUTCOMES.get(told["status"], "pending"),
        amount=_money(told["amount"]),
        confirmation_url=(told.get("confirmation") or {}).get("confirmation_url", ""),
        failure=(told.get("cancellation_details") or {}).get("reason", ""),
    )


def _refund(told: dict[str, Any]) -> ProviderRefund:
    key = REFUND_KEY.search(told.get("description") or "")
    return ProviderRefund(
        id=told["id"],
        key=key[1] if key else "",
        outcome=OUTCOMES.get(told["status"], "pending"),
        amount=_money(told["amount"]),
        provider_payment_id=told["payment_id"],
        failure=(told.get("cancellation_details") or {}).get("reason", ""),
    )
