"""Shops, their webhooks and their customers' points."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from common.transactions import use_case
from loyalty.formats.understood import Contact, Purchase
from loyalty.models import Customer, Project, WebhookDelivery
from loyalty.services.accrue_purchases import Record, accrue_purchases
from loyalty.services.create_project import create_project
from loyalty.services.process_deliveries import process_deliveries
from tests.factories.accounts import make_user

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent / "samples" / "purchase-webhooks"


@dataclass
class Shop:
    """A project with what only its shop knows."""

    project: Project
    secret: str
    key: str
    owner: Any

    def post(
        self, body: Any, *, content_type: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> Any:
        """POST a webhook; a body that isn't bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"/api/webhook/{self.secret}"
        return Client().generic("POST", path, raw, content_type, headers=dict(headers or {}))

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return (can be spent, pending) by e-mail or phone."""
        found = {}
        for customer in Customer.objects.filter(project=self.project).prefetch_related("accounts"):
            held = {one.kind: one.balance for one in customer.accounts.all()}
            found[str(customer)] = (held.get("active", Decimal(0)), held.get("pending", Decimal(0)))
        return found


def make_shop(**settings: Any) -> Shop:
    """Open a project of 5 % with an owner."""
    settings.setdefault("name", "Boats and Paddles")
    owner = settings.pop("owner", None) or make_user()
    with use_case():
        opened = create_project(owner_id=owner.id, **settings)
    return Shop(opened.project, opened.webhook_secret, opened.signing_key, owner)


def purchase(
    order_id: str = "A-1", *, amount: str = "1000", email: str = "anna@example.com", **fields: Any
) -> Purchase:
    """Make a paid purchase."""
    return Purchase(contact=Contact(email=email), amount=Decimal(amount), order_id=order_id, **fields)


def accrue(shop: Shop, *purchases: Purchase, now: datetime = NOON) -> list[dict[str, Any]]:
    """Accrue purchases as a worker does."""
    with use_case():
        project = Project.objects.locked().get(id=shop.project.id)
        records = [Record(purchase=one, order_id=one.order_id, delivery_id=None) for one in purchases]
        return accrue_purchases(project=project, records=records, now=now)


def work_off(now: datetime | None = None) -> None:
    """Let a worker process everything that is due."""
    while process_deliveries(clock=(lambda: now) if now else timezone.now):
        pass


def make_delivery(shop: Shop, body: bytes = b"{}", **fields: Any) -> WebhookDelivery:
    """Store a webhook that waits."""
    fields = {"format": "standard", "action": "purchase", "received_at": NOON, "next_attempt_at": NOON} | fields
    return WebhookDelivery.objects.create(project=shop.project, body=body, digest=b"d" * 32, **fields)


def check_deferred_rules() -> None:
    """Let the database check now what it would check at COMMIT."""
    with connection.cursor() as sql:
        sql.execute("SET CONSTRAINTS ALL IMMEDIATE")
        sql.execute(
            "SET CONSTRAINTS loyalty_ledger_transaction_balanced, loyalty_ledgerentry_lot_same_project DEFERRED"
        )
