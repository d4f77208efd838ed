"""What the messenger does about facts of others."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bus.domain_events import PostRequested
from bus.facts import ReceivedFact, payload_of
from bus.models import OutboxRow
from bus.services.record_fact import record_fact
from bus.subscriptions import HANDLERS, UnreadableMessage
from bus.subscriptions import Message as KafkaMessage
from common.transactions import use_case
from events.models import EventAccess
from messaging import handlers
from messaging.adapters.orm.rooms import OrmRooms
from messaging.models import Conversation, Membership, Message
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event
from tests.factories.messaging import make_event_chat, make_group

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def hand(name: str, **data: Any) -> None:
    """Give a fact to a handler as the bus does."""
    handler = HANDLERS[f"messaging.{name}"]
    payload = msgspec.json.decode(msgspec.json.encode(data), type=handler.schema)
    with use_case():
        handler.react(ReceivedFact(id="1", type=handler.wire_type, key="k", occurred_at=NOW, data=payload))


def people_in(chat: Conversation) -> set[uuid.UUID]:
    return set(chat.memberships.filter(left_at__isnull=True).values_list("user_id", flat=True))


class TestEventChats:
    def test_publishing_opens_one_chat_that_its_hosts_lead(self) -> None:
        host = make_user()
        event = make_event(organizer=make_organizer(owner=host))

        for _ in range(2):
            hand("on_event_published", event_id=event.pk, title=event.title)

        chat = Conversation.objects.get(kind="event", event_id=event.pk)
        assert list(chat.memberships.values_list("user_id", "role")) == [(host.pk, "owner")]

    def test_who_has_booked_joins_and_leaves_with_the_last_booking(self) -> None:
        guest, event = make_user(), make_event()
        fact = {"event_id": event.pk, "event_title": event.title, "user_id": guest.pk}
        EventAccess.objects.create(user=guest, event=event)

        hand("on_booking_confirmed", **fact)
        chat = Conversation.objects.get(kind="event")
        joined = people_in(chat)
        hand("on_booking_cancelled", **fact)
        still_booked = people_in(chat)
        EventAccess.objects.all().delete()
        hand("on_booking_cancelled", **fact)

        assert guest.pk in joined
        assert guest.pk in still_booked
        assert guest.pk not in people_in(chat)

    def test_who_books_again_while_the_chat_is_locked_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        guest, event = make_user(), make_event()
        fact = {"event_id": event.pk, "event_title": event.title, "user_id": guest.pk}
        first = EventAccess.objects.create(user=guest, event=event)
        hand("on_booking_confirmed", **fact)
        first.delete()
        lock = OrmRooms.locked

        def waits_while_somebody_books(rooms: OrmRooms, conversation_id: uuid.UUID) -> Any:
            EventAccess.objects.create(user=guest, event=event)
            return lock(rooms, conversation_id)

        monkeypatch.setattr(OrmRooms, "locked", waits_while_somebody_books)
        hand("on_booking_cancelled", **fact)

        assert guest.pk in people_in(Conversation.objects.get(kind="event"))

    def test_a_confirmation_that_comes_after_the_cancellation_lets_nobody_in(self) -> None:
        guest, event = make_user(), make_event()

        hand("on_booking_confirmed", event_id=event.pk, event_title=event.title, user_id=guest.pk)

        assert guest.pk not in people_in(Conversation.objects.get(kind="event"))

    def test_membership_follows_a_ticket_that_is_handed_over(self) -> None:
        giver, receiver, event = make_user(), make_user(), make_event()
        chat = make_event_chat(make_user(), giver, event_id=event.pk)
        EventAccess.objects.create(user=receiver, event=event)
        fact = {"event_id": event.pk, "event_title": event.title, "user_id": giver.pk, "receiver_id": receiver.pk}

        EventAccess.objects.create(user=giver, event=event)
        hand("on_booking_transferred", **fact)
        some_left = people_in(chat)
        EventAccess.objects.filter(user=giver).delete()
        hand("on_booking_transferred", **fact)

        assert {giver.pk, receiver.pk} <= some_left
        assert people_in(chat) & {giver.pk, receiver.pk} == {receiver.pk}

    def test_membership_follows_a_booking_that_is_moved(self) -> None:
        guest, old, new = make_user(), make_event(), make_event()
        left, entered = (make_event_chat(make_user(), event_id=event.pk) for event in (old, new))
        Membership.objects.create(conversation=left, user=guest)
        EventAccess.objects.create(user=guest, event=new)

        hand(
            "on_booking_moved",
            event_id=new.pk,
            previous_event_id=old.pk,
            event_title=new.title,
            user_id=guest.pk,
        )

        assert guest.pk not in people_in(left)
        assert guest.pk in people_in(entered)

    def test_whom_the_hosts_have_removed_stays_out(self) -> None:
        guest, event = make_user(), make_event()
        EventAccess.objects.create(user=guest, event=event)
        chat = make_event_chat(make_user(), event_id=event.pk)
        Membership.objects.create(conversation=chat, user=guest, left_at=NOW, is_banned=True)

        hand("on_booking_confirmed", event_id=event.pk, event_title=event.title, user_id=guest.pk)

        assert guest.pk not in people_in(chat)


class TestPostRequested:
    def test_a_post_appears_exactly_once_however_often_it_is_handed_over(self) -> None:
        chat = make_event_chat(make_user())
        post = {"message_id": uuid.uuid4(), "text": "Moved to Sunday", "event_id": chat.event_id}

        for _ in range(3):
            hand("on_post_requested", **post)

        (message,) = Message.objects.all()
        assert (message.seq, message.kind, message.body) == (1, "notice", {"text": "Moved to Sunday"})
        chat.refresh_from_db()
        assert chat.last_seq == 1
        assert OutboxRow.objects.filter(wire_type="messaging.message.committed.v1").count() == 1

    def test_it_is_asked_for_if_and_only_if_its_transaction_commits(self) -> None:
        fact = PostRequested(message_id=uuid.uuid4(), text="x", event_id=uuid.uuid4())

        with pytest.raises(ZeroDivisionError), use_case():
            record_fact(fact)
            raise ZeroDivisionError
        assert not OutboxRow.objects.exists()
        with use_case():
            record_fact(fact)

        row = OutboxRow.objects.get()
        assert (row.wire_type, row.key) == ("messaging.post.requested.v1", str(fact.event_id))
        decoded = msgspec.json.decode(payload_of(fact), type=handlers.PostSeen)
        assert (decoded.message_id, decoded.text) == (fact.message_id, "x")

    def test_in_the_name_of_a_member_only(self) -> None:
        owner = make_user()
        group = make_group(owner)
        post = {"text": "hi", "conversation_id": group.pk}

        hand("on_post_requested", message_id=uuid.uuid4(), sender_id=owner.pk, **post)
        hand("on_post_requested", message_id=uuid.uuid4(), sender_id=make_user().pk, **post)
        hand("on_post_requested", message_id=uuid.uuid4(), text="nowhere", event_id=uuid.uuid4())

        assert list(Message.objects.values_list("sender_id", "kind")) == [(owner.pk, "text")]


class TestSystemOrders:
    def message(self, value: bytes) -> KafkaMessage:
        return KafkaMessage(topic="messaging.system", partition=0, offset=0, key="", value=value, headers={}, id="1")

    def test_are_told_to_people_and_to_members(self) -> None:
        member, other = make_user(), make_user()
        group = make_group(member)
        order = {
            "id": str(uuid.uuid4()),
            "users": [str(other.pk)],
            "conversation": str(group.pk),
            "code": "maintenance",
        }

        with use_case():
            handlers.consume_system_orders([self.message(json.dumps(order).encode())])

        payload = json.loads(OutboxRow.objects.get(wire_type="messaging.system.ordered.v1").payload)
        assert set(payload["user_ids"]) == {str(member.pk), str(other.pk)}
        assert payload["code"] == "maintenance"

    def test_what_is_no_order_is_said_to_be_unreadable(self) -> None:
        with pytest.raises(UnreadableMessage), use_case():
            handlers.consume_system_orders([self.message(b'{"code": 7}')])
