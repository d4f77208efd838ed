"""Celery tasks of bookings: ids in, one service call each.

The clock jobs are sweeps: they find in the database what is due, whether or not a task was sent for it.
"""

import uuid

from celery import shared_task
from django.utils import timezone

from bookings.providers.sandbox_notices import send_sandbox_notices
from bookings.selectors import (
    list_due_attendances,
    list_due_event_cancellations,
    list_due_refunds,
    list_due_webhooks,
)
from bookings.services.apply_provider_webhook import apply_provider_webhook
from bookings.services.attend_event import attend_event
from bookings.services.cancel_event_bookings import cancel_event_bookings
from bookings.services.check_seats import check_seats
from bookings.services.end_change import expire_changes
from bookings.services.expire_holds import expire_holds
from bookings.services.make_ticket_file import make_ticket_file
from bookings.services.reconcile_payments import reconcile_payments
from bookings.services.refund_payment import refund_payment
from bookings.services.serve_waiting_lists import serve_waiting_lists
from common.transactions import use_case

SCHEDULE = {
    "bookings.expire_holds": 2.0,
    "bookings.sweep_payments": 3.0,
    "bookings.serve_waiting_lists": 5.0,
    "bookings.sweep_event_cancellations": 5.0,
    "bookings.sweep_attendances": 15.0,
    "bookings.reconcile_payments": 15.0,
    "bookings.send_sandbox_notices": 3.0,
    "bookings.check_seats": 60.0,
}
BATCH = 200


@shared_task(name="bookings.expire_holds", queue="critical")
def expire_overdue_holds(**_: object) -> None:
    expire_holds(now=timezone.now())
    expire_changes(now=timezone.now())


@shared_task(name="bookings.serve_waiting_lists", queue="critical")
def serve_all_waiting_lists(**_: object) -> None:
    serve_waiting_lists(now=timezone.now())


@shared_task(name="bookings.apply_provider_webhook", queue="critical")
def apply_webhook(webhook_id: str, **_: object) -> None:
    apply_provider_webhook(webhook_id=uuid.UUID(webhook_id), now=timezone.now())


@shared_task(name="bookings.refund_payment", queue="critical")
def pay_refund(refund_id: str, **_: object) -> None:
    refund_payment(refund_id=uuid.UUID(refund_id), now=timezone.now())


@shared_task(name="bookings.sweep_payments", queue="critical")
def sweep_payments(**_: object) -> None:
    """Take up webhooks and refunds that are due, in this task."""
    for webhook_id in list_due_webhooks(now=timezone.now(), limit=BATCH):
        apply_provider_webhook(webhook_id=webhook_id, now=timezone.now())
    for refund_id in list_due_refunds(now=timezone.now(), limit=BATCH):
        refund_payment(refund_id=refund_id, now=timezone.now())


@shared_task(name="bookings.reconcile_payments", queue="critical")
def reconcile_overdue_payments(**_: object) -> None:
    reconcile_payments(now=timezone.now())


@shared_task(name="bookings.cancel_event_bookings", queue="bulk")
def cancel_bookings_of_event(event_id: str, **_: object) -> None:
    cancel_event_bookings(event_id=uuid.UUID(event_id), clock=timezone.now)


@shared_task(name="bookings.sweep_event_cancellations", queue="bulk")
def sweep_event_cancellations(**_: object) -> None:
    for event_id in list_due_event_cancellations(now=timezone.now()):
        cancel_event_bookings(event_id=event_id, clock=timezone.now)


@shared_task(name="bookings.attend_event", queue="bulk")
def attend_event_that_ended(event_id: str, **_: object) -> None:
    attend_event(event_id=uuid.UUID(event_id), now=timezone.now())


@shared_task(name="bookings.sweep_attendances", queue="bulk")
def sweep_attendances(**_: object) -> None:
    for event_id in list_due_attendances():
        attend_event(event_id=event_id, now=timezone.now())


@shared_task(name="bookings.send_sandbox_notices", queue="webhooks")
def send_notices_of_sandbox(**_: object) -> None:
    send_sandbox_notices(now=timezone.now())


@shared_task(name="bookings.make_ticket_file", queue="bulk")
def make_file_of_tickets(booking_id: str, language: str, **_: object) -> None:
    make_ticket_file(booking_id=uuid.UUID(booking_id), language=language, now=timezone.now())


@shared_task(name="bookings.check_seats", queue="bulk")
def check_seat_counters(**_: object) -> None:
    with use_case():
        check_seats(now=timezone.now())
