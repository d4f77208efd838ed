"""What a member decides alone: to hear no reminders, and in a direct conversation to block the other."""

import uuid

from messaging.application.ports import Rooms
from messaging.application.rooms.refusals import WrongKind, own_room
from messaging.domain.conversations import Kind


class MarkConversation:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def mute(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, is_muted: bool) -> None:
        """Raises: NotFound"""
        own_room(self._rooms, conversation_id, actor_id)
        self._rooms.mark(conversation_id, actor_id, is_muted=is_muted)

    def block(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, has_blocked: bool) -> None:
        """Raises: NotFound, WrongKind"""
        if own_room(self._rooms, conversation_id, actor_id).kind != Kind.DIRECT:
            raise WrongKind
        self._rooms.mark(conversation_id, actor_id, has_blocked=has_blocked)
