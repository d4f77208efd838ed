"""Leave a conversation, or remove somebody from a group."""

import uuid
from datetime import datetime

from common.problems import NotFound
from messaging.application.ports import Rooms
from messaging.application.rooms.refusals import LeadersOnly, WrongKind, own_room
from messaging.domain.conversations import Kind, Role


class RemoveMember:
    """Whoever leaves may come back; whom a leader has removed comes back only through a leader."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def __call__(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> None:
        """Take somebody out. When the owner leaves, somebody else owns the group.

        Raises:
            NotFound, LeadersOnly
            WrongKind: direct and support conversations are muted or blocked, not left.
        """
        card = own_room(self._rooms, conversation_id, actor_id)
        if user_id not in card.members:
            raise NotFound
        if card.kind not in (Kind.GROUP, Kind.EVENT):
            raise WrongKind
        is_leaving = actor_id == user_id
        if not is_leaving and (not card.leads(actor_id) or card.members[user_id] == Role.OWNER):
            raise LeadersOnly
        self._rooms.take_out(conversation_id, [user_id], is_banned=not is_leaving, now=now)
        if card.members[user_id] == Role.OWNER:
            self._hand_over(conversation_id, {one: role for one, role in card.members.items() if one != user_id})

    def _hand_over(self, conversation_id: uuid.UUID, left: dict[uuid.UUID, str]) -> None:
        """Let an administrator own it, else whoever is first in line."""
        heirs = [one for one, role in left.items() if role == Role.ADMIN] or list(left)
        if heirs and Role.OWNER not in left.values():
            self._rooms.mark(conversation_id, heirs[0], role=Role.OWNER)
