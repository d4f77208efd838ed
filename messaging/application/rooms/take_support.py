"""Take on a conversation of the support queue: one administrator at a time answers for it."""

import uuid
from datetime import datetime

from common.problems import NotFound
from messaging.application.ports import Rooms
from messaging.domain.conversations import Kind, Role


class TakeSupport:
    """`assignee_id` None puts it back into the queue; who was assigned before leaves."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def __call__(self, *, conversation_id: uuid.UUID, assignee_id: uuid.UUID | None, now: datetime) -> None:
        """Raises: NotFound"""
        card = self._rooms.locked(conversation_id)
        if card is None or card.kind != Kind.SUPPORT:
            raise NotFound
        before = [one for one, role in card.members.items() if role == Role.ADMIN and one != assignee_id]
        if before:
            self._rooms.take_out(conversation_id, before, is_banned=False, now=now)
        if assignee_id is not None:
            self._rooms.put_in(conversation_id, [assignee_id], role=Role.ADMIN, now=now)
        self._rooms.write(conversation_id, assigned_to_id=assignee_id)
