"""Make a member of a group its administrator, or an administrator a member: the owner does."""

import uuid

from common.problems import NotFound
from messaging.application.ports import Rooms
from messaging.application.rooms.refusals import LeadersOnly, led_group
from messaging.domain.conversations import Role


class ChangeRole:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def __call__(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, user_id: uuid.UUID, role: str) -> None:
        """Give the role; giving away the ownership makes the owner an administrator.

        Raises:
            NotFound, WrongKind, LeadersOnly
        """
        card = led_group(self._rooms, conversation_id, actor_id)
        if card.members[actor_id] != Role.OWNER or user_id == actor_id:
            raise LeadersOnly
        if user_id not in card.members:
            raise NotFound
        if role == Role.OWNER:
            self._rooms.mark(conversation_id, actor_id, role=Role.ADMIN)
        self._rooms.mark(conversation_id, user_id, role=role)
