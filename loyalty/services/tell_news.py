"""State what happened to points: facts for the product, and events for the shop's own address.

Both are written in the transaction that made them true, in one statement each, however many they are.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from bus.facts import Fact
from bus.services.record_fact import record_facts
from common.ids import new_id
from common.transactions import requires_transaction
from loyalty.domain_events import (
    BonusAwarded,
    BonusExpired,
    BonusExpiring,
    BonusReturned,
    BonusSpent,
    CustomerRegistered,
    LevelChanged,
)
from loyalty.models import Callback, CallbackEvent, Customer, Project

FACTS: dict[str, type[Fact]] = {
    "bonus_awarded": BonusAwarded,
    "bonus_spent": BonusSpent,
    "bonus_returned": BonusReturned,
    "bonus_expiring": BonusExpiring,
    "bonus_expired": BonusExpired,
    "level_changed": LevelChanged,
    "customer_registered": CustomerRegistered,
}
# Amounts are exact numbers in JSON, as the shops' contract shows them.
_json = msgspec.json.Encoder(decimal_format="number")


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a shop is told; `more` are the further fields of its fact."""

    event: str
    customer_id: uuid.UUID
    amount: Decimal
    balance: Decimal
    order_id: str = ""
    more: dict[str, str] = msgspec.field(default_factory=dict)


@requires_transaction
def tell_news(*, project: Project, news: Sequence[News], now: datetime) -> None:
    """Write the facts, and the events for the shop if it has given an address."""
    tell_all(stories=[(project, news)], now=now)


@requires_transaction
def tell_all(*, stories: Sequence[tuple[Project, Sequence[News]]], now: datetime) -> None:
    """Do the same for several projects, in as many statements as for one."""
    told = [(project, news) for project, news in stories if news]
    if not told:
        return
    facts = []
    for project, news in told:
        users = _users(project, news)
        facts += [_fact(project, one, users.get(one.customer_id, "")) for one in news]
    record_facts(facts)
    callbacks = Callback.objects.filter(project__in=[project.id for project, _ in told], is_enabled=True)
    listening = set(callbacks.values_list("project_id", flat=True))
    events = [_event(project, one, now) for project, news in told if project.id in listening for one in news]
    if events:
        CallbackEvent.objects.bulk_create(events)


def _users(project: Project, news: Sequence[News]) -> dict[uuid.UUID, str]:
    """Only customers of the platform's own project are users of it."""
    if not project.is_platform:
        return {}
    known = Customer.objects.filter(id__in={one.customer_id for one in news}, user__isnull=False)
    return {customer_id: str(user_id) for customer_id, user_id in known.values_list("id", "user_id")}


def _fact(project: Project, news: News, user_id: str) -> Fact:
    fields = {
        "project_id": str(project.id),
        "customer_id": str(news.customer_id),
        "amount": news.amount,
        "balance": news.balance,
        "order_id": news.order_id,
        "user_id": user_id,
    }
    return FACTS[news.event](**fields, **news.more)


def _event(project: Project, news: News, now: datetime) -> CallbackEvent:
    event = CallbackEvent(id=new_id(), project=project, event=news.event, next_attempt_at=now, created_at=now)
    event.body = body_of(news, event_id=event.id, project_id=project.id, now=now)
    return event


def body_of(news: News, *, event_id: uuid.UUID, project_id: uuid.UUID, now: datetime) -> bytes:
    """Return the body that a shop gets: the contract's four fields at the top level, more beside them."""
    body: dict[str, Any] = {
        "event": news.event,
        "userId": str(news.customer_id),
        "amount": news.amount,
        "balance": news.balance,
        "id": str(event_id),
        "projectId": str(project_id),
        "occurredAt": now,
    }
    if news.order_id:
        body["orderId"] = news.order_id
    return _json.encode(body | {_camel(key): value for key, value in news.more.items()})


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
