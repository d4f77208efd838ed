"""What the messenger reacts to: bookings and events, requests of other apps to post, sign-ins that end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.subscriptions import Message, UnreadableMessage, consumes, handles
from bus.wakeup import wake_after_commit
from messaging.adapters.orm.event_chats import let_in_guest, let_out_guest, open_event_chat
from messaging.adapters.orm.requested_posts import post_requested
from messaging.adapters.orm.system_orders import order_system_message
from messaging.domain.limits import TEXT_CHARACTERS


class GuestSeen(msgspec.Struct, kw_only=True):
    """What is read of a booking's facts."""

    user_id: UUID
    event_id: UUID
    event_title: str


class HandedOverSeen(GuestSeen):
    """What is read of a ticket that was handed over."""

    receiver_id: UUID


class MovedSeen(GuestSeen):
    """What is read of a booking that was moved to another event."""

    previous_event_id: UUID


class EventSeen(msgspec.Struct, kw_only=True):
    """What is read of an event's facts."""

    event_id: UUID
    title: str


class PostSeen(msgspec.Struct, kw_only=True):
    """What is read of a request to post."""

    message_id: UUID
    text: str
    conversation_id: UUID | None = None
    event_id: UUID | None = None
    sender_id: UUID | None = None


class SystemOrder(msgspec.Struct, kw_only=True):
    """A message of topic `messaging.system`: something to tell people's sockets right now, or not at all."""

    id: UUID
    users: list[UUID] = msgspec.field(default_factory=list)
    conversation: UUID | None = None
    code: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


@handles("events.event.published.v1", schema=EventSeen)
def on_event_published(fact: ReceivedFact) -> None:
    open_event_chat(event_id=fact.data.event_id, title=fact.data.title, now=timezone.now())


@handles("bookings.booking.confirmed.v1", schema=GuestSeen)
def on_booking_confirmed(fact: ReceivedFact) -> None:
    guest: GuestSeen = fact.data
    let_in_guest(event_id=guest.event_id, title=guest.event_title, user_id=guest.user_id, now=timezone.now())


@handles("bookings.booking.cancelled.v1", schema=GuestSeen)
def on_booking_cancelled(fact: ReceivedFact) -> None:
    let_out_guest(event_id=fact.data.event_id, user_id=fact.data.user_id, now=timezone.now())


@handles("bookings.booking.transferred.v1", schema=HandedOverSeen)
def on_booking_transferred(fact: ReceivedFact) -> None:
    """Let the receiver in, and the giver out unless something is left of the booking."""
    guest: HandedOverSeen = fact.data
    let_in_guest(event_id=guest.event_id, title=guest.event_title, user_id=guest.receiver_id, now=timezone.now())
    let_out_guest(event_id=guest.event_id, user_id=guest.user_id, now=timezone.now())


@handles("bookings.booking.moved.v1", schema=MovedSeen)
def on_booking_moved(fact: ReceivedFact) -> None:
    """Let the guest out of the one event's chat and into the other's."""
    guest: MovedSeen = fact.data
    let_out_guest(event_id=guest.previous_event_id, user_id=guest.user_id, now=timezone.now())
    let_in_guest(event_id=guest.event_id, title=guest.event_title, user_id=guest.user_id, now=timezone.now())


@handles("messaging.post.requested.v1", schema=PostSeen)
def on_post_requested(fact: ReceivedFact) -> None:
    post: PostSeen = fact.data
    post_requested(
        message_id=post.message_id,
        text=post.text[:TEXT_CHARACTERS],
        conversation_id=post.conversation_id,
        event_id=post.event_id,
        sender_id=post.sender_id,
    )


@handles("accounts.sign_in.ended.v1")
def on_sign_in_ended(fact: ReceivedFact) -> None:
    """The nodes read the fact themselves, from the outbox; this makes them look at once."""
    wake_after_commit("chat")


@consumes("messaging.system")
def consume_system_orders(messages: Sequence[Message]) -> None:
    """Tell people's sockets what another system orders.

    Raises:
        UnreadableMessage: one of them is not such an order.
    """
    for message in messages:
        try:
            order = msgspec.json.decode(message.value, type=SystemOrder)
        except msgspec.MsgspecError as error:
            raise UnreadableMessage(str(error)) from error
        order_system_message(users=order.users, conversation_id=order.conversation, code=order.code, data=order.data)
