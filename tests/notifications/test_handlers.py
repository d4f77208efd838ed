"""Reactions to the facts of other apps, and to messages from Kafka."""

import json
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain_events import UserChanged, UserRegistered
from bookings.domain_events import (
    BookingCancelled,
    BookingConfirmed,
    BookingHeld,
)
from bus.facts import STATED, Fact, payload_of
from bus.models import Delivery, OutboxRow, RelayCursor
from bus.services.dispatch_facts import CURSOR, dispatch_facts
from bus.services.record_fact import record_fact
from bus.services.run_delivery import run_delivery
from bus.subscriptions import HANDLERS, Message
from common.request_ids import begin_request
from common.transactions import use_case
from loyalty.domain_events import BonusAwarded
from notifications.event_types.registry import OneUser
from notifications.models import ContactPoint, NotificationEvent, NotificationJob, Recipient, TelegramBot
from notifications.services.announce_fact import announce_fact
from notifications.services.know_recipient import know_recipient
from reviews.domain_events import ReviewPublished, ReviewRejected, ReviewReplied
from tests.bus.horizon import until_read
from tests.factories.accounts import make_user
from tests.factories.notifications import make_recipient, make_service_token, sample_bytes
from tests.notifications.conftest import MailServer
from tests.notifications.facts import BOOKING, PERSON, REVIEW
from tests.notifications.flow import consume, deliver_everything

pytestmark = pytest.mark.django_db


def react_to(fact: Fact) -> None:
    """Bring a fact through the outbox to the handlers of this app."""
    RelayCursor.objects.get_or_create(name=CURSOR)
    with use_case():
        record_fact(fact)
    until_read(_dispatch, count=1)
    for delivery in Delivery.objects.pending().filter(handler__startswith="notifications.").order_by("id"):
        assert run_delivery(delivery_id=delivery.id), Delivery.objects.get(id=delivery.id).last_error


def _dispatch() -> int:
    with use_case():
        read, _ = dispatch_facts()
    return read


@pytest.mark.django_db(transaction=True)
class TestBookings:
    def test_confirmed_sends_a_mail_with_what_one_needs(self, mail_server: MailServer) -> None:
        user = make_user(email="anna@example.com")

        react_to(BookingConfirmed(**BOOKING, user_id=user.id))
        deliver_everything()

        [mail] = mail_server.mails
        text = mail.get_body(("plain",)).get_content().replace("\xa0", " ")
        assert mail["To"] == "anna@example.com"
        assert mail["Subject"].strip() == "Бронирование подтверждено: «Сплав по Катуни»"
        for needed in (
            "5 июля 2026, 09:00",
            "Взрослый × 2",
            "Мест: 2",
            "3 000,00 ₽",
            f"http://127.0.0.1:8000/bookings/{BOOKING['booking_id']}/",
        ):
            assert needed in text

    def test_held_stays_on_the_site(self, mail_server: MailServer) -> None:
        react_to(BookingHeld(**BOOKING, user_id=make_user().id, hold_expires_at=timezone.now()))
        deliver_everything()

        assert mail_server.mails == []
        assert set(NotificationJob.objects.values_list("channel", "status")) == {("in_app", "delivered")}

    @pytest.mark.parametrize(
        ("by", "subject"),
        [("user", "Бронирование отменено: «Сплав по Катуни»"), ("event", "Событие отменено: «Сплав по Катуни»")],
    )
    def test_cancelled_tells_who_did_it(self, mail_server: MailServer, by: str, subject: str) -> None:
        react_to(BookingCancelled(**BOOKING, user_id=make_user().id, cancelled_by=by, refund=Decimal("3000.00")))
        deliver_everything()

        assert mail_server.mails[0]["Subject"].strip() == subject
        assert "3 000,00 ₽" in mail_server.mails[0].get_body(("plain",)).get_content().replace("\xa0", " ")


@pytest.mark.django_db(transaction=True)
class TestReviews:
    @pytest.mark.parametrize(
        ("fact", "more", "template"),
        [
            (ReviewPublished, {"is_anonymous": False, "safety": None}, "review_published"),
            (ReviewRejected, {"reason_code": "spam", "reason": "реклама"}, "review_rejected"),
            (ReviewReplied, {}, "review_replied"),
        ],
    )
    def test_tell_the_author(
        self, mail_server: MailServer, fact: type[Fact], more: dict[str, Any], template: str
    ) -> None:
        author = make_user(email="author@example.com")

        react_to(fact(**REVIEW, author_id=author.id, **more))
        deliver_everything()

        assert [mail["To"] for mail in mail_server.mails] == ["author@example.com"]
        assert set(NotificationJob.objects.values_list("template_code", "category")) == {(template, "social")}
        if "reason" in more:
            assert "реклама" in mail_server.mails[0].get_body(("plain",)).get_content()


@pytest.mark.django_db(transaction=True)
class TestUsers:
    def test_become_recipients_and_stay_up_to_date(self) -> None:
        user = make_user()

        react_to(UserRegistered(user_id=user.id, email="anna@example.com", **PERSON))
        react_to(UserChanged(user_id=user.id, email="new@example.com", **PERSON | {"display_name": "Аня"}))

        recipient = Recipient.objects.get(external_id=user.id)
        assert (recipient.display_name, recipient.locale, recipient.time_zone) == ("Аня", "en", "Asia/Omsk")
        assert list(ContactPoint.objects.active().values_list("address", flat=True)) == ["new@example.com"]


def announce(recipient: Recipient) -> None:
    announce_fact(
        fact_id=uuid.uuid4(),
        fact_type="tests.pot.boiled.v1",
        occurred_at=timezone.now(),
        to=OneUser(user_id=recipient.external_id),
        template_code="welcome",
        channels=("email",),
        context={},
        now=timezone.now(),
    )


def statements_to_announce(recipients: list[Recipient]) -> int:
    with CaptureQueriesContext(connection) as captured, use_case():
        for recipient in recipients:
            announce(recipient)
    return len(captured)


class TestAnnounceFact:
    def test_takes_as_few_statements_for_many_as_for_one(self) -> None:
        recipients = [make_recipient() for _ in range(6)]

        assert statements_to_announce(recipients[:1]) == statements_to_announce(recipients[1:])
        assert NotificationJob.objects.count() == 6

    def test_keeps_the_request_that_each_came_of(self) -> None:
        with use_case():
            for number in range(2):
                begin_request(f"request-{number}")
                announce(make_recipient())

        requests = {"request-0", "request-1"}
        assert set(NotificationEvent.objects.values_list("request_id", flat=True)) == requests
        planned = OutboxRow.objects.filter(wire_type="notifications.job.planned.v1")
        assert set(planned.values_list("request_id", flat=True)) == requests

    def test_happens_once_per_fact(self) -> None:
        recipient = make_recipient()
        fact_id = uuid.uuid4()

        for _ in range(2):
            with use_case():
                announce_fact(
                    fact_id=fact_id,
                    fact_type="tests.pot.boiled.v1",
                    occurred_at=timezone.now(),
                    to=OneUser(user_id=recipient.external_id),
                    template_code="welcome",
                    channels=("email",),
                    context={},
                    now=timezone.now(),
                )

        assert NotificationEvent.objects.get().source == "aquastream"
        assert NotificationJob.objects.count() == 1


class TestKnowRecipient:
    def test_takes_a_stranger_by_the_id_alone(self) -> None:
        with use_case():
            recipient = know_recipient(user_id=uuid.uuid4(), now=timezone.now())

        assert recipient.contact_points.count() == 0


@pytest.mark.django_db(transaction=True)
class TestMessages:
    def test_reach_a_shops_customer_where_the_shops_bot_does(self) -> None:
        customer_id, project_id = uuid.uuid4(), uuid.uuid4()
        customer = make_recipient(kind="customer", external_id=customer_id, project_id=project_id, email=None)
        bot = TelegramBot.objects.create(project_id=project_id, username="b", token="t", webhook_secret="s")
        ContactPoint.objects.create(recipient=customer, channel="telegram", address="7", keys={"bot": str(bot.id)})

        for whom in (customer_id, uuid.uuid4()):
            points = {"project_id": str(project_id), "customer_id": str(whom)}
            react_to(BonusAwarded(**points, amount=Decimal(5), balance=Decimal(5)))

        assert list(NotificationJob.objects.values_list("recipient", "channel")) == [(customer.id, "telegram")]


class TestSchemas:
    """Each consumer's own view of a payload fits what the producer states."""

    @pytest.mark.parametrize(
        "fact",
        [
            UserRegistered(user_id=uuid.uuid4(), email="a@example.com", **PERSON),
            BookingConfirmed(**BOOKING, user_id=uuid.uuid4()),
            BookingHeld(**BOOKING, user_id=uuid.uuid4(), hold_expires_at=timezone.now()),
            BookingCancelled(**BOOKING, user_id=uuid.uuid4(), cancelled_by="user", refund=Decimal(0)),
            ReviewPublished(**REVIEW, author_id=uuid.uuid4(), is_anonymous=False, safety=None),
            ReviewRejected(**REVIEW, author_id=uuid.uuid4(), reason_code="x", reason="y"),
            ReviewReplied(**REVIEW, author_id=uuid.uuid4()),
        ],
    )
    def test_fit(self, fact: Fact) -> None:
        handlers = [one for one in HANDLERS.values() if one.wire_type == fact.wire_type]
        own = [one for one in handlers if one.name.startswith("notifications.")]

        [handler] = own
        seen = msgspec.json.decode(payload_of(fact), type=handler.schema)

        shared = [name for name in seen.__struct_fields__ if name not in ("amount", "refund", "items")]
        assert {name: getattr(seen, name) for name in shared if hasattr(fact, name)} == {
            name: getattr(fact, name) for name in shared if hasattr(fact, name)
        }

    def test_subscribe_to_facts_that_somebody_states(self) -> None:
        own = {one.wire_type for one in HANDLERS.values() if one.name.startswith("notifications.")}

        assert own <= set(STATED)


def kafka(value: bytes, offset: int = 0) -> Message:
    return Message(topic="external-events", partition=0, offset=offset, key="", value=value, headers={}, id="")


class TestExternalEvents:
    @pytest.fixture(autouse=True)
    def _grant(self) -> None:
        make_service_token("auth_service")

    @pytest.mark.parametrize("source", ["evil", "aquastream"])
    def test_of_a_source_that_nobody_was_granted_are_moved_aside(self, source: str) -> None:
        document = json.loads(sample_bytes("user_registered")) | {"source": source}

        [(_, reason)] = consume("consume_external_events", [kafka(json.dumps(document).encode())])

        assert "source_not_allowed" in reason
        assert not NotificationEvent.objects.exists()

    @pytest.mark.parametrize("header", ["the same each time", "\x00"])
    def test_are_told_apart_by_what_they_say_whatever_their_headers_do(self, header: str) -> None:
        document = json.loads(sample_bytes("user_registered"))
        bodies = [json.dumps(document | {"event_id": str(uuid.uuid4())}).encode() for _ in range(2)]
        messages = [replace(kafka(body, offset), id=header) for offset, body in enumerate(bodies)]

        together, again = (consume("consume_external_events", messages) for _ in range(2))

        assert together == again == []
        assert NotificationEvent.objects.count() == 2

    def test_are_accepted_like_those_over_http(self, mail_server: MailServer) -> None:
        make_recipient(external_id=json.loads(sample_bytes("user_registered"))["payload"]["user_id"])
        messages = [kafka(sample_bytes("user_registered"), offset) for offset in (1, 2)]

        dead = consume("consume_external_events", messages)
        deliver_everything()

        assert dead == []
        assert len(mail_server.mails) == 1

    def test_are_moved_aside_with_every_reason_when_broken(self) -> None:
        document = json.loads(sample_bytes("user_registered"))
        broken = json.dumps(document | {"event_id": "x", "occurred_at": "yesterday"}).encode()
        ahead = json.dumps(document | {"occurred_at": "9000-01-01T00:00:00Z"}).encode()
        other_body = json.dumps(document | {"occurred_at": "2025-01-01T00:00:00Z"}).encode()

        dead = consume(
            "consume_external_events",
            [
                kafka(b"{", 1),
                kafka(broken, 2),
                kafka(sample_bytes("user_registered"), 3),
                kafka(other_body, 4),
                kafka(ahead, 5),
            ],
        )

        reasons = {message.offset: reason for message, reason in dead}
        assert set(reasons) == {1, 2, 4, 5}
        assert "/event_id" in reasons[2]
        assert "/occurred_at" in reasons[2]
        assert "event_id_reused" in reasons[4]
        assert "/occurred_at invalid_value" in reasons[5]
        assert NotificationEvent.objects.count() == 1
