"""A booking of the platform is a purchase in its own programme; a refund of it is a return.

The order of what was paid is `paid-booking:<id>`; what was paid *with points* is the other order, `booking:<id>`, which
the port for bookings returns by itself.
"""

import uuid
from datetime import datetime
from decimal import Decimal

from common.transactions import requires_transaction
from loyalty.formats.understood import Contact, Purchase, Return
from loyalty.models import Order, Project
from loyalty.selectors import get_platform_ledger, get_platform_project
from loyalty.services.accrue_purchases import Record, accrue_purchases
from loyalty.services.find_platform_customer import find_platform_customer
from loyalty.services.refund_purchase import refund_purchase


def order_id_of(booking_id: uuid.UUID) -> str:
    return f"paid-booking:{booking_id}"


@requires_transaction
def accrue_booking(
    *, booking_id: uuid.UUID, user_id: uuid.UUID, amount: Decimal, currency: str, description: str, now: datetime
) -> None:
    """Give the points of a paid booking; one that cost nothing, or came in another currency, gives none."""
    project = get_platform_project()
    if project is None or amount <= 0 or currency != project.currency:
        return
    project = Project.objects.locked().get(id=project.id)
    customer = find_platform_customer(project=project, user_id=user_id)
    purchase = Purchase(
        contact=Contact(email=customer.email, phone=customer.phone),
        amount=amount,
        order_id=order_id_of(booking_id),
        details={"description": description},
    )
    record = Record(purchase=purchase, order_id=purchase.order_id, delivery_id=None)
    accrue_purchases(project=project, records=[record], now=now)


@requires_transaction
def refund_booking(*, booking_id: uuid.UUID, refund_id: uuid.UUID, amount: Decimal, now: datetime) -> None:
    """Take back what a refunded booking had earned; one that has earned nothing loses nothing."""
    project = get_platform_ledger()
    order_id = order_id_of(booking_id)
    earned = project and Order.objects.filter(project=project, kind=Order.Kind.PURCHASE, order_id=order_id).first()
    if project is None or not earned:
        return
    part = min(amount, earned.amount - earned.refunded_amount)
    if part > 0:
        returned = Return(order_id=order_id, refund_id=str(refund_id), amount=part)
        refund_purchase(project=project, returned=returned, now=now)
