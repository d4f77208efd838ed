"""Event chats: who has booked comes and goes by facts, who holds the event leads."""

import uuid
from datetime import datetime

from common.transactions import requires_transaction
from messaging.adapters.orm import acquaintance
from messaging.adapters.orm.rooms import OrmRooms
from messaging.domain.conversations import Kind, Role
from messaging.models import Conversation, Membership


@requires_transaction
def open_event_chat(*, event_id: uuid.UUID, title: str, now: datetime) -> uuid.UUID:
    """Find or make an event's chat, with its hosts as leaders."""
    conversation, is_new = Conversation.objects.get_or_create(
        kind=Kind.EVENT,
        event_id=event_id,
        defaults={"title": title[:120], "created_at": now, "changed_at": now},
    )
    hosts = acquaintance.event_hosts(event_id=event_id)
    known = set(conversation.memberships.filter(left_at__isnull=True).values_list("user_id", flat=True))
    new = [one for one in hosts if one not in known]
    if new:
        OrmRooms().put_in(conversation.pk, new, role=Role.ADMIN, now=now)
    if is_new and hosts:
        OrmRooms().mark(conversation.pk, hosts[0], role=Role.OWNER)
    return conversation.pk


@requires_transaction
def let_in_guest(*, event_id: uuid.UUID, title: str, user_id: uuid.UUID, now: datetime) -> None:
    """Let somebody in who has booked, unless the hosts have removed them or the booking is over already."""
    conversation_id = open_event_chat(event_id=event_id, title=title, now=now)
    rooms = OrmRooms()
    card = rooms.locked(conversation_id)
    if card is None or card.admits(user_id) or _is_banned(conversation_id, user_id):
        return
    # Asked behind the lock: of two bookings of one person, one may begin while the other ends.
    if not acquaintance.has_booked(user_id=user_id, event_id=event_id):
        return
    rooms.put_in(conversation_id, [user_id], role=Role.MEMBER, now=now)


@requires_transaction
def let_out_guest(*, event_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> None:
    """Let somebody out whose last booking of the event has ended."""
    conversation_id = (
        Conversation.objects.filter(kind=Kind.EVENT, event_id=event_id).values_list("pk", flat=True).first()
    )
    if conversation_id is None:
        return
    rooms = OrmRooms()
    card = rooms.locked(conversation_id)
    if card is None or card.leads(user_id) or acquaintance.has_booked(user_id=user_id, event_id=event_id):
        return
    rooms.take_out(conversation_id, [user_id], is_banned=False, now=now)


def _is_banned(conversation_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    return Membership.objects.filter(conversation_id=conversation_id, user_id=user_id, is_banned=True).exists()
