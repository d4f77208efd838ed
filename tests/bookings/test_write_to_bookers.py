from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from bookings.models import EventMessage
from bookings.services.write_to_bookers import TooManyMessages, write_to_bookers
from bus.models import OutboxRow
from common.transactions import use_case
from tests.bookings.api.test_bookings import key, member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
LETTER = {"subject": "Where to meet", "text": "At the pier."}
WIRE_TYPE = "bookings.booking.written_to.v1"


def send(kind: Any, *, now: datetime = NOW) -> EventMessage:
    with use_case():
        return write_to_bookers(
            manager_id=member_of(kind.event, "manager").id, event_id=kind.event_id, now=now, **LETTER
        )


class TestWriteToBookers:
    def test_reaches_everybody_with_a_confirmed_booking_once(self) -> None:
        kind = make_ticket_type()
        booked = [confirm(ticket_type=kind, seats=2), confirm(ticket_type=kind)]
        hold(ticket_type=kind)
        confirm()

        message = send(kind)

        facts = OutboxRow.objects.filter(wire_type=WIRE_TYPE)
        assert {fact.key for fact in facts} == {str(booking.id) for booking in booked}
        assert (message.recipients, facts.count()) == (2, 2)

    def test_is_sent_a_few_times_a_day(self) -> None:
        kind = make_ticket_type()
        for _ in range(3):
            send(kind)

        with pytest.raises(TooManyMessages) as refusal:
            send(kind)

        assert refusal.value.headers["Retry-After"] == str(12 * 3600)
        assert send(kind, now=NOW + timedelta(days=1)).number == 1

    @pytest.mark.parametrize(
        ("fields", "constraint"),
        [
            ({"subject": ""}, "bookings_event_message_not_empty"),
            ({"number": 4}, "bookings_event_message_few_a_day"),
            ({}, "bookings_event_message_one_by_one"),
        ],
    )
    def test_keeps_its_rules(self, fields: dict[str, Any], constraint: str) -> None:
        sent = send(make_ticket_type())
        whole = {
            "event": sent.event,
            "sender_id": sent.sender_id,
            "recipients": 0,
            "sent_on": sent.sent_on,
            "number": 1,
        }

        with pytest.raises(IntegrityError, match=constraint):
            EventMessage.objects.create(**LETTER | whole | fields)


class TestApi:
    def test_previews_without_sending(self) -> None:
        kind = make_ticket_type()
        confirm(ticket_type=kind)
        manager = signed_in(member_of(kind.event, "manager"))

        preview = manager.post(f"/api/v1/events/{kind.event_id}/messages/preview/", LETTER)
        assert not OutboxRow.objects.filter(wire_type=WIRE_TYPE).exists()
        sent = manager.post(f"/api/v1/events/{kind.event_id}/messages/", LETTER, headers=key())

        assert preview.json() == sent.json() == LETTER | {"recipients": 1}
        assert (preview.status_code, sent.status_code) == (200, 201)

    def test_is_closed_to_others(self) -> None:
        kind = make_ticket_type()

        for who in (make_user(), member_of(kind.event, "door")):
            path = f"/api/v1/events/{kind.event_id}/messages/"
            assert signed_in(who).post(path, LETTER, headers=key()).status_code == 404
