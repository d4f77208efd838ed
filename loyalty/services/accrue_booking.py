"""A booking of the platform is a purchase in its own programme; a refund of it is a return.

The order of what was paid is `paid-booking:<id>`, and of what was paid later for more seats `paid-booking:<id>/<change>`; what
was paid *with points* is the other order, `booking:<id>`, which the port for bookings returns by itself.
"""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from common.transactions import requires_transaction
from loyalty.formats.understood import Contact, Purchase, Return
from loyalty.models import Order, Project, Refund
from loyalty.selectors import get_platform_ledger, get_platform_project
from loyalty.services.accrue_purchases import Record, accrue_purchases
from loyalty.services.find_platform_customer import find_platform_customer
from loyalty.services.refund_purchase import refund_purchase


def order_id_of(booking_id: uuid.UUID, change: str = "") -> str:
    return f"paid-booking:{booking_id}/{change}" if change else f"paid-booking:{booking_id}"


@requires_transaction
def accrue_booking(
    *,
    booking_id: uuid.UUID,
    user_id: uuid.UUID,
    amount: Decimal,
    currency: str,
    description: str,
    now: datetime,
    change: str = "",
) -> None:
    """Give the points of a paid booking, or of what a `change` of it has cost.

    What cost nothing, or came in another currency, gives none.
    """
    project = get_platform_project()
    if project is None or amount <= 0 or currency != project.currency:
        return
    project = Project.objects.locked().get(id=project.id)
    customer = find_platform_customer(project=project, user_id=user_id)
    purchase = Purchase(
        contact=Contact(email=customer.email, phone=customer.phone),
        amount=amount,
        order_id=order_id_of(booking_id, change),
        details={"description": description},
    )
    record = Record(purchase=purchase, order_id=purchase.order_id, delivery_id=None)
    accrue_purchases(project=project, records=[record], now=now)


@requires_transaction
def refund_booking(*, booking_id: uuid.UUID, refund_id: uuid.UUID, amount: Decimal, now: datetime) -> None:
    """Take back what the refunded money had earned, the latest first; a booking that has earned nothing loses nothing."""
    project = get_platform_ledger()
    if project is None:
        return
    first = order_id_of(booking_id)
    mine = Q(order_id=first) | Q(order_id__startswith=f"{first}/")
    if Refund.objects.filter(mine, project=project, refund_id=str(refund_id)).exists():
        return
    left = amount
    for order in Order.objects.filter(mine, project=project, kind=Order.Kind.PURCHASE).order_by("-id"):
        part = min(left, order.amount - order.refunded_amount)
        if part > 0:
            returned = Return(order_id=order.order_id, refund_id=str(refund_id), amount=part)
            refund_purchase(project=project, returned=returned, now=now)
            left -= part
