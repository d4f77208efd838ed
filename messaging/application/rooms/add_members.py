"""Add people to a group: its leaders do, and it has room for so many."""

import uuid
from collections.abc import Collection
from datetime import datetime

from messaging.application.open_conversation import NotAcquainted, PersonNotFound
from messaging.application.ports import ConversationBook, Rooms
from messaging.application.rooms.refusals import ConversationFull, led_group
from messaging.domain.conversations import GROUP_MEMBERS, Role


class AddMembers:
    def __init__(self, rooms: Rooms, book: ConversationBook) -> None:
        self._rooms = rooms
        self._book = book

    def __call__(
        self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID], now: datetime
    ) -> None:
        """Put in who isn't there yet; who was removed before may come back this way.

        Raises:
            NotFound, WrongKind, LeadersOnly, PersonNotFound, NotAcquainted, ConversationFull
        """
        card = led_group(self._rooms, conversation_id, actor_id)
        new = set(user_ids) - set(card.members)
        if self._book.active_people(new) != new:
            raise PersonNotFound
        if self._book.strangers_to(actor_id, new):
            raise NotAcquainted
        if len(card.members) + len(new) > GROUP_MEMBERS:
            raise ConversationFull
        self._rooms.put_in(conversation_id, new, role=Role.MEMBER, now=now)
