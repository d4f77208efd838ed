"""Do what is asked at the till before answering: register, balance, pay with points."""

from datetime import datetime
from typing import Any

from django.db.models import F, Sum

from common.transactions import requires_transaction
from loyalty.formats.understood import Contact, Registration, Spending, Understood
from loyalty.models import Lot, Project, WebhookDelivery
from loyalty.ports import telegram_links
from loyalty.selectors import get_balances
from loyalty.services.find_customers import find_customer
from loyalty.services.register_customer import register_customer
from loyalty.services.spend_points import spend_points

AT_ONCE = frozenset({"get_balance", "register_user", "spend_bonuses"})


@requires_transaction
def answer_at_once(*, project: Project, understood: Understood, delivery: WebhookDelivery, now: datetime) -> None:
    """Run the action in the transaction that stores the delivery, and keep the answer beside it.

    Raises:
        CustomerNotFound, InsufficientBonuses, OverSpendLimit, SpendChanged
    """
    if understood.spending is not None:
        result = _spend(project, understood.spending, now)
    elif understood.registration is not None:
        result = _register(project, understood.registration, now)
    else:
        result = _balance(project, understood.contact, now)
    delivery.answer = {"status": "processed", "webhookId": str(delivery.id)} | result
    delivery.result = {"outcome": understood.action} | result
    WebhookDelivery.objects.filter(id=delivery.id).update(answer=delivery.answer, result=delivery.result)


def _balance(project: Project, contact: Contact, now: datetime) -> dict[str, Any]:
    customer = find_customer(project=project, contact=contact)
    balances = get_balances(customer_id=customer.id)
    # What has lapsed this minute can't be spent, though the clock hasn't taken it yet.
    lapsed = Lot.objects.filter(customer=customer).expired(now).aggregate(total=Sum(F("remaining") - F("held")))
    left = balances.active - (lapsed["total"] or 0)
    return {"userId": str(customer.id), "balance": str(left), "pending": str(balances.pending)} | (
        {"debt": str(balances.debt)} if balances.debt else {}
    )


def _register(project: Project, registration: Registration, now: datetime) -> dict[str, Any]:
    customer, is_new = register_customer(project=project, registration=registration, now=now)
    result: dict[str, Any] = {
        "userId": str(customer.id),
        "registered": is_new,
        "referralCode": customer.referral_code,
    }
    # The bot is told a code, never an address: the link may be seen by others.
    link = telegram_links().link(project_id=project.id, customer_id=customer.id, now=now)
    if not link and project.telegram_bot:
        # A bot that the shop runs itself: it knows its customers by their referral codes.
        link = f"https://t.me/{project.telegram_bot}?start={customer.referral_code}"
    return result | ({"telegramLink": link} if link else {})


def _spend(project: Project, spending: Spending, now: datetime) -> dict[str, Any]:
    spent = spend_points(project=project, spending=spending, now=now)
    return {"userId": str(spent.customer_id), "spent": str(spent.points), "balance": str(spent.balance)}
