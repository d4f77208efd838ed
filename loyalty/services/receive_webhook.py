"""Take a webhook in: one INSERT that keeps its bytes, and the answer that the sender gets.

What comes again is told from what is new by the INSERT itself: a message id means one body, and an order (or, without
order ids, a body within the project's hours) is brought first by one delivery. A repeated message gets its first answer; a
repeated order is a duplicate; another amount is a conflict, which is kept for people to look at.
"""

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from common.problems import Problem
from common.transactions import requires_transaction, run_alone
from loyalty.formats.reading import understand
from loyalty.formats.understood import Understood
from loyalty.metrics import WEBHOOKS_PROCESSED
from loyalty.models import Project, WebhookDelivery
from loyalty.models.copying import new_row
from loyalty.services.answer_at_once import AT_ONCE, answer_at_once

log = structlog.get_logger(__name__)

ACCEPTED, DUPLICATE, CONFLICT = "accepted", "duplicate", "conflict"
CONNECTION_CHECK = "connection_check"
Status = WebhookDelivery.Status


class WebhookIdReused(Problem):
    """The webhook-id belongs to another body."""

    code = "webhook_id_reused"
    status = 422
    title = "This webhook-id belongs to another body."


class OrderAmountChanged(Problem):
    """The order is known with another amount; the delivery is kept as a conflict."""

    code = "order_amount_changed"
    status = 422
    title = "This order is known with another amount."


@dataclass(frozen=True, kw_only=True)
class RawWebhook:
    """The webhook as it came, as far as it is kept."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    webhook_id: str = ""
    signed_with: str = ""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the sender is told, and whether a worker has something to do."""

    delivery_id: uuid.UUID
    answer: dict[str, Any]
    needs_work: bool

    @property
    def status(self) -> str:
        return str(self.answer["status"])


def receive_at_once(*, project: Project, understood: Understood, raw: RawWebhook, now: datetime) -> Receipt | None:
    """Store a webhook in one statement; return None where it takes the whole of `receive_webhook`.

    That is: where something like it is known, or more has to be done before the answer than to keep it.
    """
    if understood.action in AT_ONCE or understood.action == CONNECTION_CHECK:
        return None
    delivery = _delivery(project, understood, raw, now)
    if not run_alone(lambda: WebhookDelivery.objects.insert_unless_known(delivery)):
        return None
    return _receipt(delivery, is_new=True)


@requires_transaction
def receive_webhook(*, project: Project, understood: Understood, raw: RawWebhook, now: datetime) -> Receipt:
    """Store the webhook and answer it; `spend_bonuses` and the like are done before the answer.

    Raises:
        WebhookIdReused, and what `answer_at_once` raises.
    """
    delivery = _delivery(project, understood, raw, now)
    stored = _store(delivery, now, known_for=timedelta(hours=project.anonymous_hours))
    if stored is delivery and understood.action in AT_ONCE:
        answer_at_once(project=project, understood=understood, delivery=delivery, now=now)
    if stored is delivery and understood.action == CONNECTION_CHECK and project.connected_at is None:
        Project.objects.filter(id=project.id, connected_at__isnull=True).update(connected_at=now)
    return _receipt(stored, is_new=stored is delivery)


def _receipt(stored: WebhookDelivery, *, is_new: bool) -> Receipt:
    needs_work = is_new and stored.status == Status.RECEIVED
    if is_new and stored.status == Status.DEAD:
        WEBHOOKS_PROCESSED.labels(project=str(stored.project_id), outcome=Status.DEAD).inc()
    return Receipt(delivery_id=stored.id, answer=stored.answer, needs_work=needs_work)


def _delivery(project: Project, understood: Understood, raw: RawWebhook, now: datetime) -> WebhookDelivery:
    digest = hashlib.sha256(raw.body).digest()
    only = understood.purchases[0] if len(understood.purchases) == 1 else None
    returned = understood.returned
    delivery = new_row(
        WebhookDelivery,
        project_id=project.id,
        body=raw.body,
        digest=digest,
        headers=dict(raw.headers),
        signed_with=raw.signed_with,
        format=understood.format,
        action=understood.action,
        webhook_id=raw.webhook_id,
        claim=_claim(understood, raw, digest),
        order_amount=only.amount if only else returned.amount if returned else None,
        order_paid=only.is_paid if only else False,
        next_attempt_at=now,
        received_at=now,
    )
    delivery.answer = {"status": ACCEPTED, "webhookId": str(delivery.id)}
    if not understood.purchases and returned is None:
        _finish(delivery, Status.DEAD if understood.needs_people else Status.PROCESSED, now)
        delivery.result = {"outcome": understood.idle_reason or understood.action}
        if understood.needs_people:
            delivery.last_error = understood.idle_reason
            delivery.result["unread"] = list(understood.unread)
    return delivery


def _claim(understood: Understood, raw: RawWebhook, digest: bytes) -> str | None:
    """Return what this delivery is the first to bring, or None where its records are told apart one by one."""
    if understood.returned is not None:
        order_id = understood.returned.order_id
        # The length tells where the one ends: both ids may hold any sign.
        return f"refund:{len(order_id)}:{order_id}:{understood.returned.refund_id}"
    if len(understood.purchases) == 1 and understood.purchases[0].order_id:
        return f"order:{understood.purchases[0].order_id}"
    if understood.purchases and not raw.webhook_id:
        return f"body:{digest.hex()}"
    return None


def _store(delivery: WebhookDelivery, now: datetime, *, known_for: timedelta) -> WebhookDelivery:
    """Return the delivery when it was stored, or the earlier one that has its message id."""
    if WebhookDelivery.objects.insert_unless_known(delivery):
        return delivery
    known = WebhookDelivery.objects.filter(project_id=delivery.project_id)
    same_id = known.filter(webhook_id=delivery.webhook_id).first() if delivery.webhook_id else None
    if same_id is not None:
        if bytes(same_id.digest) != delivery.digest:
            raise WebhookIdReused
        return same_id
    holder = known.filter(claim=delivery.claim).first() if delivery.claim else None
    if holder is not None:
        _compare(delivery, holder, now, known_for)
    return _store(delivery, now, known_for=known_for)


def _compare(delivery: WebhookDelivery, holder: WebhookDelivery, now: datetime, known_for: timedelta) -> None:
    """Decide what a delivery is whose claim another one holds."""
    if holder.status == Status.DEAD and _gives_up_claim(holder):
        # It has brought nothing: what the shop sends again is the first to bring it.
        return
    if str(delivery.claim).startswith("body:"):
        if holder.received_at <= now - known_for:
            WebhookDelivery.objects.filter(id=holder.id).update(claim=None)
            return
        _repeat(delivery, holder, DUPLICATE, now)
    elif holder.order_amount != delivery.order_amount or _other_items(delivery, holder):
        log.warning("loyalty.webhook.conflict", delivery=str(delivery.id), first=str(holder.id))
        _repeat(delivery, holder, CONFLICT, now)
    elif delivery.order_paid and _first_to_say_paid(holder):
        # The order is known; its payment is news.
        delivery.claim = None
    else:
        _repeat(delivery, holder, DUPLICATE, now)


def _other_items(delivery: WebhookDelivery, holder: WebhookDelivery) -> bool:
    """Tell whether two messages about one return name different goods."""
    if delivery.action != "refund_purchase" or delivery.order_amount is not None or delivery.digest == holder.digest:
        return False
    return _items(delivery) != _items(holder)


def _items(delivery: WebhookDelivery) -> Counter[str]:
    # A return names nobody, so it is of no region.
    returned = understand(
        body=bytes(delivery.body), content_type=delivery.headers.get("content-type", ""), region=""
    ).returned
    pieces: Counter[str] = Counter()
    for item in returned.items if returned else ():
        pieces[item.name] += item.quantity
    return pieces


def _gives_up_claim(holder: WebhookDelivery) -> bool:
    return bool(WebhookDelivery.objects.filter(id=holder.id, status=Status.DEAD).update(claim=None))


def _first_to_say_paid(holder: WebhookDelivery) -> bool:
    return bool(WebhookDelivery.objects.filter(id=holder.id, order_paid=False).update(order_paid=True))


def _repeat(delivery: WebhookDelivery, holder: WebhookDelivery, outcome: str, now: datetime) -> None:
    delivery.claim = None
    _finish(delivery, outcome, now)
    delivery.answer = {"status": outcome, "webhookId": str(holder.id)}
    delivery.result = {"outcome": outcome, "of": str(holder.id)}


def _finish(delivery: WebhookDelivery, status: str, now: datetime) -> None:
    delivery.status, delivery.finished_at = status, now
