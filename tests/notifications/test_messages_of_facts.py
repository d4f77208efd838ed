"""Which message each fact of the product leads to: to whom, by which template, through which channels, in which language.

A row per fact that something is sent of; whoever states a new fact says here what people hear of it, if anything.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from accounts.domain_events import SecondFactorEnabled, SecondFactorRemoved, UserChanged, UserErased, UserRegistered
from accounts.models import User
from bookings.domain_events import (
    BookerWrittenTo,
    BookingAttended,
    BookingCancelled,
    BookingChanged,
    BookingConfirmed,
    BookingHeld,
    BookingMoved,
    BookingRefunded,
    TicketTransferred,
    WaitingListOffered,
)
from bus.facts import STATED, Fact, ReceivedFact, payload_of
from bus.subscriptions import HANDLERS
from common.transactions import use_case
from events.domain_events import CrewUnfilled, EventRescheduled, EventRestored, EventSuspended, RoleAsked
from events.models import Event
from loyalty.domain_events import BonusAwarded, BonusExpiring, LevelChanged
from messaging.domain_events import MessagesUnread
from notifications.models import ContactPoint, NotificationJob, Recipient, Template
from notifications.services.know_recipient import know_recipient
from reviews.domain_events import ReviewPublished, ReviewRejected, ReviewReplied
from tests.factories.accounts import make_user
from tests.factories.analytics import make_booking
from tests.factories.events import make_event
from tests.notifications.facts import BOOKING, PERSON, REVIEW
from tests.notifications.flow import plan_audiences, send

pytestmark = pytest.mark.django_db

# "both": to a mail address and to the inbox; "site": to the inbox only.
BOTH, SITE = ("email", "in_app"), ("in_app",)
REACHED = ("sent", "delivered")


@dataclass
class World:
    """Somebody who has booked an event, and whoever they give a ticket to."""

    user: User
    receiver: User
    event: Event

    @property
    def booking(self) -> dict[str, Any]:
        return BOOKING | {"user_id": self.user.id, "event_id": self.event.id}

    @property
    def review(self) -> dict[str, Any]:
        return REVIEW | {"author_id": self.user.id, "event_id": self.event.id}

    @property
    def points(self) -> dict[str, Any]:
        ids = {"project_id": str(uuid.uuid4()), "customer_id": str(uuid.uuid4()), "user_id": str(self.user.id)}
        return ids | {"amount": Decimal("120.00"), "balance": Decimal("480.00")}

    @property
    def announcement(self) -> dict[str, Any]:
        told = ("organizer_id", "starts_at", "time_zone", "city", "venue")
        return {name: BOOKING[name] for name in told} | {"event_id": self.event.id, "title": "Сплав"}


@pytest.fixture
def world() -> World:
    user = make_user(locale="ru")
    event = make_event()
    make_booking(event=event, at=timezone.now(), user=user)
    with use_case():
        # Who has booked is known since they signed up.
        know_recipient(user_id=user.id, now=timezone.now())
    return World(user=user, receiver=make_user(locale="en"), event=event)


@dataclass(frozen=True)
class Row:
    """A fact, and what comes of it: (who, template, channels)."""

    fact: type[Fact]
    of: Callable[[World], dict[str, Any]]
    more: dict[str, Any] = field(default_factory=dict)
    told: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def booking(fact: type[Fact], template: str, channels: tuple[str, ...] = BOTH, **more: Any) -> Row:
    return Row(fact, lambda world: world.booking, more, (("user", template, channels),))


def review(fact: type[Fact], template: str, **more: Any) -> Row:
    return Row(fact, lambda world: world.review, more, (("user", template, BOTH),))


def points(fact: type[Fact], template: str, channels: tuple[str, ...], **more: Any) -> Row:
    return Row(fact, lambda world: world.points, more, (("user", template, channels),))


def of_organizer(fact: type[Fact], template: str, **more: Any) -> Row:
    return Row(
        fact,
        lambda world: world.announcement | {"member_ids": [world.user.id, world.receiver.id]},
        {"ends_at": NOON} | more,
        (("user", template, BOTH), ("receiver", template, BOTH)),
    )


def missed(template: str, **more: Any) -> Row:
    message = {"conversation_id": uuid.uuid4(), "title": "", "sender_name": "Анна", "unread": 3, "last_seq": 7}
    return Row(MessagesUnread, lambda world: {"user_id": world.user.id}, message | more, (("user", template, SITE),))


NOON = BOOKING["starts_at"]
ROWS = [
    Row(UserRegistered, lambda world: PERSON | {"user_id": world.user.id, "email": world.user.email}),
    Row(UserChanged, lambda world: PERSON | {"user_id": world.user.id, "email": world.user.email}),
    # accounts' own mail has said goodbye.
    Row(UserErased, lambda world: {"user_id": world.user.id}),
    Row(SecondFactorEnabled, lambda world: {"user_id": world.user.id}, {}, (("user", "second_factor_on", BOTH),)),
    Row(SecondFactorRemoved, lambda world: {"user_id": world.user.id}, {}, (("user", "second_factor_off", BOTH),)),
    booking(BookingHeld, "booking_held", SITE, hold_expires_at=NOON),
    booking(BookingConfirmed, "booking_confirmed"),
    booking(BookingCancelled, "booking_cancelled", cancelled_by="user", refund=Decimal(500)),
    booking(BookingCancelled, "event_cancelled", cancelled_by="event", refund=Decimal(500)),
    Row(BookingCancelled, lambda world: world.booking, {"cancelled_by": "transfer", "refund": Decimal(0)}),
    booking(BookingRefunded, "booking_refunded", refund_id=uuid.uuid4(), refund=Decimal(500), why="late_payment"),
    booking(BookingChanged, "booking_changed", refund=Decimal(500), paid=Decimal(0)),
    booking(BookingMoved, "booking_moved", previous_event_id=uuid.uuid4()),
    booking(WaitingListOffered, "waiting_list_offer", hold_expires_at=NOON),
    booking(BookingAttended, "review_request"),
    Row(
        TicketTransferred,
        lambda world: world.booking | {"receiver_id": world.receiver.id},
        {"ticket_id": uuid.uuid4(), "receiver_booking_id": uuid.uuid4()},
        (("user", "ticket_handed_over", BOTH), ("receiver", "ticket_received", BOTH)),
    ),
    Row(
        BookerWrittenTo,
        lambda world: {"user_id": world.user.id, "event_id": world.event.id, "booking_id": BOOKING["booking_id"]},
        {
            "message_id": uuid.uuid4(),
            "event_title": "Сплав",
            "organizer_name": "Вода",
            "subject": "Обувь",
            "text": "Возьмите сменную обувь.",
        },
        (("user", "organizer_letter", BOTH),),
    ),
    Row(
        EventRescheduled,
        lambda world: world.announcement,
        dict.fromkeys(("ends_at", "old_starts_at", "old_ends_at", "free_cancellation_until"), NOON),
        (("user", "event_rescheduled", BOTH),),
    ),
    Row(
        CrewUnfilled,
        lambda world: world.announcement | {"member_ids": [world.user.id, world.receiver.id]},
        {"ends_at": NOON, "roles": [RoleAsked(role="guide", missing=1)]},
        (("user", "crew_unfilled", BOTH), ("receiver", "crew_unfilled", BOTH)),
    ),
    of_organizer(EventSuspended, "event_suspended", reason="Жалобы на безопасность."),
    of_organizer(EventRestored, "event_restored"),
    review(ReviewPublished, "review_published", is_anonymous=False, safety=None),
    review(ReviewRejected, "review_rejected", reason_code="spam", reason="реклама"),
    review(ReviewReplied, "review_replied"),
    points(BonusAwarded, "bonus_awarded", SITE),
    points(BonusExpiring, "bonus_expiring", BOTH, expires_at="2026-12-31T20:59:59+00:00"),
    points(LevelChanged, "level_up", SITE, level="Капитан", level_before=""),
    Row(LevelChanged, lambda world: world.points, {"level": "", "level_before": "Капитан"}),
    missed("chat_missed", is_mentioned=False),
    missed("chat_mention", is_mentioned=True),
]
# Facts that nobody is written to about, by why.
SILENT = {
    "whoever did it sees it on the page": {
        "bookings.booking.attendance_undone.v1",
        "bookings.booking.expired.v1",
        "bookings.ticket.check_in_undone.v1",
        "bookings.ticket.checked_in.v1",
        "loyalty.bonus.returned.v1",
        "loyalty.bonus.spent.v1",
        "loyalty.customer.registered.v1",
    },
    "people were told in good time, by bonus_expiring": {"loyalty.bonus.expired.v1"},
    "those who booked hear of their own bookings": {"events.event.cancelled.v1"},
    "for other systems and apps only": {
        "accounts.sign_in.ended.v1",
        "events.crew.released.v1",
        "events.crew.requested.v1",
        "events.event.finished.v1",
        "events.event.published.v1",
        "events.event.started.v1",
        "messaging.conversation.changed.v1",
        "messaging.message.committed.v1",
        "messaging.monitoring.buffer_overflowed.v1",
        "messaging.monitoring.node_joined.v1",
        "messaging.monitoring.node_left.v1",
        "messaging.monitoring.pressure_changed.v1",
        "messaging.monitoring.redelivered.v1",
        "messaging.post.requested.v1",
        "messaging.system.ordered.v1",
        "notifications.job.planned.v1",
        "reviews.rating.changed.v1",
    },
}
# Texts that no fact leads to, by what does.
SENT_OTHERWISE = {
    "events from outside": {"welcome", "new_film", "black_friday_sale"},
    "the clock": {"event_reminder_24h", "event_reminder_2h", "digest"},
}


def react(fact: Fact) -> None:
    """Let this app's handler of the fact work, on what its schema reads of the payload."""
    [handler] = [one for one in HANDLERS.values() if one.wire_type == fact.wire_type and is_own(one.name)]
    data = msgspec.json.decode(payload_of(fact), type=handler.schema)
    received = ReceivedFact(
        id=str(uuid.uuid4()), type=fact.wire_type, key=fact.key, occurred_at=timezone.now(), data=data
    )
    with use_case():
        handler.react(received)
    plan_audiences()


def is_own(handler: str) -> bool:
    return handler.startswith("notifications.")


def name_of(row: Row) -> str:
    return "-".join([row.fact.__name__, *(template for _, template, _ in row.told)])


class TestEachFact:
    @pytest.mark.parametrize("row", ROWS, ids=name_of)
    def test_is_told_to_whom_it_concerns_in_their_language(
        self, world: World, row: Row, settings: Any, mailoutbox: list[Any]
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

        react(row.fact(**row.of(world) | row.more))
        later = max(timezone.now(), world.event.ends_at) + timedelta(hours=1)
        NotificationJob.objects.filter(status="planned").update(status="queued")
        send(list(NotificationJob.objects.unfinished().values_list("id", flat=True)), now=later)

        expected = {
            (getattr(world, who), template, channel) for who, template, channels in row.told for channel in channels
        }
        jobs = list(NotificationJob.objects.select_related("recipient"))
        assert {(job.recipient.external_id, job.template_code, job.channel, job.locale) for job in jobs} == {
            (user.id, template, channel, user.locale) for user, template, channel in expected
        }
        assert [(job.template_code, job.reason, job.last_error) for job in jobs if job.status not in REACHED] == []
        assert sorted((mail.to[0], mail.extra_headers["Content-Language"]) for mail in mailoutbox) == sorted(
            (user.email, user.locale) for user, _, channel in expected if channel == "email"
        )

    def test_goes_to_a_persons_browsers_chats_and_services_too(self, world: World) -> None:
        react(SecondFactorEnabled(user_id=world.user.id))
        recipient = Recipient.objects.get(external_id=world.user.id)
        for channel in ("push", "telegram", "webhook"):
            ContactPoint.objects.create(recipient=recipient, channel=channel, address=f"address of {channel}")

        react(BookingHeld(**world.booking, hold_expires_at=NOON))

        held = NotificationJob.objects.filter(template_code="booking_held")
        assert set(held.values_list("channel", flat=True)) == {"in_app", "push", "telegram", "webhook"}


class TestTheTable:
    def test_has_a_row_for_every_fact_that_is_listened_to(self) -> None:
        heard = {one.wire_type for one in HANDLERS.values() if is_own(one.name)}

        assert {row.fact.wire_type for row in ROWS} == heard

    def test_knows_why_people_hear_nothing_of_the_others(self) -> None:
        of_product = {wire_type for wire_type in STATED if not wire_type.startswith("tests.")}
        silent = set().union(*SILENT.values())

        assert silent | {row.fact.wire_type for row in ROWS} == of_product
        assert not silent & {row.fact.wire_type for row in ROWS}

    def test_knows_what_every_text_is_for(self) -> None:
        told = {template for row in ROWS for _, template, _ in row.told}
        otherwise = set().union(*SENT_OTHERWISE.values())

        assert set(Template.objects.values_list("code", flat=True)) == told | otherwise
