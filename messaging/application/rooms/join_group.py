"""Join a group by its invitation."""

import uuid
from datetime import datetime

from common.problems import NotFound
from messaging.application.ports import Invitations, Rooms
from messaging.application.rooms.refusals import ConversationFull
from messaging.domain.conversations import GROUP_MEMBERS, Role


class JoinGroup:
    def __init__(self, rooms: Rooms, invitations: Invitations) -> None:
        self._rooms = rooms
        self._invitations = invitations

    def __call__(self, *, actor_id: uuid.UUID, invitation: str, now: datetime) -> uuid.UUID:
        """Return the group, of which the actor is now a member.

        Raises:
            NotFound: nothing is opened by this invitation, or a leader has removed the actor.
            ConversationFull
        """
        conversation_id = self._invitations.opened_by(invitation)
        card = self._rooms.locked(conversation_id) if conversation_id is not None else None
        # The invitation may have been ended while the lock was waited for.
        if card is None or self._invitations.opened_by(invitation) != card.id:
            raise NotFound
        if card.admits(actor_id):
            return card.id
        if self._invitations.is_banned(card.id, actor_id):
            raise NotFound
        if len(card.members) >= GROUP_MEMBERS:
            raise ConversationFull
        self._rooms.put_in(card.id, [actor_id], role=Role.MEMBER, now=now)
        return card.id
