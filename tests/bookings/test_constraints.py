"""Each rule of the database, broken once."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from bookings.models import (
    Booking,
    BookingChange,
    BookingChangeItem,
    BookingItem,
    EventCancellation,
    ProviderAccount,
    ProviderWebhook,
    Refund,
    SandboxPayment,
    SandboxRefund,
    Ticket,
    TicketFile,
    TicketTransfer,
    WaitingEntry,
    WaitingItem,
)
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold, make_payment, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_booking(**fields: Any) -> Booking:
    held = {
        "status": "held",
        "seats": 1,
        "amount": Decimal(100),
        "currency": "RUB",
        "cancellable_hours_before": 24,
        "hold_expires_at": NOW,
    }
    fields.setdefault("user", None)
    user = fields.pop("user") or make_user()
    event = fields.pop("event", None) or make_event()
    return Booking.objects.create(user=user, event=event, **held | fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "lost"}, "bookings_booking_status_known"),
        ({"origin": "stolen"}, "bookings_booking_origin_known"),
        ({"seats": 0}, "bookings_booking_has_seats"),
        ({"amount": Decimal(-1)}, "bookings_booking_amount_not_negative"),
        ({"discount": Decimal(5)}, "bookings_booking_discount_has_code"),
        ({"points": Decimal(-1)}, "bookings_booking_points_within"),
        ({"points": Decimal(1), "points_returned": Decimal(2)}, "bookings_booking_points_within"),
        ({"status": "confirmed"}, "bookings_booking_confirmed_at_paired"),
        ({"confirmed_at": NOW}, "bookings_booking_confirmed_at_paired"),
        ({"status": "attended", "confirmed_at": NOW}, "bookings_booking_attended_at_paired"),
        ({"attended_at": NOW}, "bookings_booking_attended_at_paired"),
        ({"status": "expired"}, "bookings_booking_expired_at_paired"),
        ({"expired_at": NOW}, "bookings_booking_expired_at_paired"),
        ({"status": "cancelled"}, "bookings_booking_cancelled_at_paired"),
        ({"status": "cancelled", "cancelled_at": NOW}, "bookings_booking_cancelled_at_paired"),
        ({"cancelled_at": NOW}, "bookings_booking_cancelled_at_paired"),
        (
            {"status": "cancelled", "cancelled_at": NOW, "cancelled_by": "event"},
            "bookings_booking_cancel_reason_given",
        ),
    ],
)
def test_a_booking_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        make_booking(**fields)


def test_a_user_has_one_active_booking_per_event() -> None:
    first = make_booking()

    with pytest.raises(IntegrityError, match="bookings_booking_one_active_per_event"):
        make_booking(user=first.user, event=first.event)


def test_a_user_may_book_again_after_a_booking_has_ended() -> None:
    ended = make_booking(status="expired", expired_at=NOW)

    assert make_booking(user=ended.user, event=ended.event).status == "held"


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"quantity": 0}, "bookings_booking_item_has_seats"),
        (
            {"unit_price": Decimal(-1), "discount": Decimal(-9)},
            "bookings_booking_item_price_not_negative|bookings_booking_item_discount_within",
        ),
        ({"discount": Decimal(5000)}, "bookings_booking_item_discount_within"),
    ],
)
def test_an_item_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    item = hold().items.get()

    with pytest.raises(IntegrityError, match=constraint):
        BookingItem.objects.filter(id=item.id).update(**fields)


def test_a_ticket_type_stands_on_a_booking_once() -> None:
    item = hold().items.get()
    item.pk = None

    with pytest.raises(IntegrityError, match="bookings_booking_item_type_once"):
        item.save(force_insert=True)


def test_a_code_opens_one_seat() -> None:
    one, other = tickets_of(confirm(seats=2))

    with pytest.raises(IntegrityError, match="bookings_ticket_code_unique"):
        Ticket.objects.filter(id=one.id).update(code=other.code)


@pytest.mark.parametrize("fields", [{"checked_in_at": NOW}, {"gate": "North"}])
def test_a_check_in_is_whole(fields: dict[str, Any]) -> None:
    [ticket] = tickets_of(confirm())

    with pytest.raises(IntegrityError, match="bookings_ticket_check_in_paired"):
        Ticket.objects.filter(id=ticket.id).update(**fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "lost"}, "bookings_payment_status_known"),
        ({"amount": Decimal(0)}, "bookings_payment_amount_positive"),
        ({"refunded": Decimal(1)}, "bookings_payment_refunded_after_success"),
        (
            {"status": "succeeded", "settled_at": NOW, "refunded": Decimal(1_000_000)},
            "bookings_payment_refunded_within_amount",
        ),
        (
            {"status": "succeeded", "settled_at": NOW, "refunded": Decimal(-1)},
            "bookings_payment_refunded_within_amount",
        ),
        ({"status": "succeeded"}, "bookings_payment_settled_at_paired"),
        ({"settled_at": NOW}, "bookings_payment_settled_at_paired"),
    ],
)
def test_a_payment_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    booking = hold()

    with pytest.raises(IntegrityError, match=constraint):
        make_payment(booking=booking, **fields)


def test_a_booking_is_being_paid_once_at_a_time() -> None:
    booking = hold()
    make_payment(booking=booking)

    with pytest.raises(IntegrityError, match="bookings_payment_one_open"):
        make_payment(booking=booking)


def test_a_providers_payment_is_one_payment() -> None:
    make_payment(booking=hold(), provider_payment_id="p-1")

    with pytest.raises(IntegrityError, match="bookings_payment_provider_id_unique"):
        make_payment(booking=hold(), provider_payment_id="p-1")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "lost", "settled_at": NOW}, "bookings_refund_status_known"),
        ({"amount": Decimal(0)}, "bookings_refund_amount_positive"),
        ({"status": "succeeded"}, "bookings_refund_settled_at_paired"),
        ({"settled_at": NOW}, "bookings_refund_settled_at_paired"),
    ],
)
def test_a_refund_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    payment = make_payment(booking=hold())
    whole = {"amount": Decimal(1), "currency": "RUB", "reason": "cancelled", "next_attempt_at": NOW}

    with pytest.raises(IntegrityError, match=constraint):
        Refund.objects.create(payment=payment, **whole | fields)


def test_a_notice_is_stored_once() -> None:
    stored = {"provider": "sandbox", "notice_id": "msg_1", "body": {}, "next_attempt_at": NOW}
    ProviderWebhook.objects.create(**stored)

    with pytest.raises(IntegrityError, match="bookings_provider_webhook_once"):
        ProviderWebhook.objects.create(**stored)


def test_an_organizer_has_one_account_in_use() -> None:
    organizer = make_event().organizer
    for closed_at in (NOW, NOW, None):
        ProviderAccount.objects.create(organizer=organizer, provider="stripe", credentials="{}", closed_at=closed_at)

    with pytest.raises(IntegrityError, match="bookings_provider_account_one_in_use"):
        ProviderAccount.objects.create(organizer=organizer, provider="yookassa", credentials="{}")


def test_an_organizer_brings_no_sandbox() -> None:
    with pytest.raises(IntegrityError, match="bookings_provider_account_provider_known"):
        ProviderAccount.objects.create(organizer=make_event().organizer, provider="sandbox", credentials="{}")


@pytest.mark.parametrize("fields", [{"status": "applied"}, {"applied_at": NOW}])
def test_an_applied_notice_has_a_time(fields: dict[str, Any]) -> None:
    stored = {"provider": "sandbox", "notice_id": "msg_1", "body": {}, "next_attempt_at": NOW}

    with pytest.raises(IntegrityError, match="bookings_provider_webhook_applied_at_paired"):
        ProviderWebhook.objects.create(**stored | fields)


CHANGE: dict[str, Any] = {"amount": Decimal(1), "currency": "RUB", "hold_expires_at": NOW}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "lost", "ended_at": NOW}, "bookings_booking_change_status_known"),
        ({"amount": Decimal(0)}, "bookings_booking_change_amount_positive"),
        ({"ended_at": NOW}, "bookings_booking_change_ended_at_paired"),
        ({"status": "applied"}, "bookings_booking_change_ended_at_paired"),
    ],
)
def test_a_change_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        BookingChange.objects.create(booking=confirm(), **CHANGE | fields)


def test_a_booking_is_being_changed_once_at_a_time() -> None:
    booking = confirm()
    BookingChange.objects.create(booking=booking, **CHANGE)

    with pytest.raises(IntegrityError, match="bookings_booking_change_one_open"):
        BookingChange.objects.create(booking=booking, **CHANGE)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"added": 3}, "bookings_change_item_added_within"),
        ({}, "bookings_change_item_type_once"),
    ],
)
def test_an_item_of_a_change_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    change = BookingChange.objects.create(booking=confirm(), **CHANGE)
    item = {
        "quantity": 2,
        "added": 1,
        "unit_price": 1,
        "discount": 0,
        "ticket_type": change.booking.items.get().ticket_type,
    }
    if not fields:
        BookingChangeItem.objects.create(change=change, **item)

    with pytest.raises(IntegrityError, match=constraint):
        BookingChangeItem.objects.create(change=change, **item | fields)


def make_transfer(**fields: Any) -> TicketTransfer:
    fields.setdefault("token_digest", uuid.uuid4().bytes)
    fields["ticket"] = fields.get("ticket") or tickets_of(confirm())[0]
    return TicketTransfer.objects.create(email="a@example.com", expires_at=NOW, **fields)


def test_a_ticket_is_on_its_way_to_one_person() -> None:
    first = make_transfer()

    with pytest.raises(IntegrityError, match="bookings_ticket_transfer_one_open"):
        make_transfer(ticket=first.ticket)


def test_a_link_is_one_offer() -> None:
    make_transfer(token_digest=b"x")

    with pytest.raises(IntegrityError, match="bookings_ticket_transfer_token_unique"):
        make_transfer(token_digest=b"x")


@pytest.mark.parametrize("fields", [{"status": "accepted", "ended_at": NOW}, {"ended_at": NOW}, {"status": "ended"}])
def test_a_transfer_ends_whole(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="bookings_ticket_transfer_ended_paired"):
        make_transfer(**fields)


def make_entry(**fields: Any) -> WaitingEntry:
    fields["event"] = fields.get("event") or make_event()
    fields["user"] = fields.get("user") or make_user()
    return WaitingEntry.objects.create(**{"seats": 1, "joined_at": NOW} | fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "lost"}, "bookings_waiting_entry_status_known|bookings_waiting_entry_booking_known"),
        ({"seats": 0}, "bookings_waiting_entry_party_size"),
        ({"seats": 11}, "bookings_waiting_entry_party_size"),
        ({"offered_at": NOW}, "bookings_waiting_entry_offer_paired"),
        ({"status": "offered"}, "bookings_waiting_entry_booking_known"),
    ],
)
def test_a_place_on_the_list_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        make_entry(**fields)


def test_a_person_waits_once_for_an_event() -> None:
    first = make_entry()

    with pytest.raises(IntegrityError, match="bookings_waiting_entry_one_per_user"):
        make_entry(event=first.event, user=first.user)


@pytest.mark.parametrize(
    ("quantity", "constraint"), [(0, "bookings_waiting_item_has_seats"), (1, "bookings_waiting_item_type_once")]
)
def test_a_wish_keeps_its_rules(quantity: int, constraint: str) -> None:
    kind = make_ticket_type()
    entry = make_entry(event=kind.event)
    if quantity:
        WaitingItem.objects.create(entry=entry, ticket_type=kind, quantity=1)

    with pytest.raises(IntegrityError, match=constraint):
        WaitingItem.objects.create(entry=entry, ticket_type=kind, quantity=quantity)


def test_an_event_is_called_off_for_a_reason() -> None:
    with pytest.raises(IntegrityError, match="bookings_event_cancellation_reason_given"):
        EventCancellation.objects.create(event=make_event(), reason="", total=0, next_attempt_at=NOW)


def sandbox_payment(**fields: Any) -> SandboxPayment:
    whole = {"idempotency_key": "k-1", "amount": Decimal(5), "currency": "RUB", "return_url": "http://shop.example/"}
    return SandboxPayment.objects.create(**whole | fields)


def test_an_order_of_the_sandbox_is_one_payment() -> None:
    sandbox_payment()

    with pytest.raises(IntegrityError, match="bookings_sandbox_payment_key_unique"):
        sandbox_payment()


def test_the_sandbox_gives_back_what_it_got_at_most() -> None:
    with pytest.raises(IntegrityError, match="bookings_sandbox_payment_refund_within"):
        sandbox_payment(refunded=Decimal(6))


def test_a_refund_of_the_sandbox_is_one_refund() -> None:
    payment = sandbox_payment()
    SandboxRefund.objects.create(payment=payment, idempotency_key="r-1", amount=Decimal(1))

    with pytest.raises(IntegrityError, match="bookings_sandbox_refund_key_unique"):
        SandboxRefund.objects.create(payment=payment, idempotency_key="r-1", amount=Decimal(1))


def test_a_booking_has_one_ticket_file_in_a_language() -> None:
    booking = hold()
    TicketFile.objects.create(booking=booking, language="ru", digest="", content=b"")

    with pytest.raises(IntegrityError, match="bookings_ticket_file_once"):
        TicketFile.objects.create(booking=booking, language="ru", digest="", content=b"")
