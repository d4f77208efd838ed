"""Answer a stranger's request: accept it, and the two may write; decline it, and the stranger is blocked.

Who has declined may still accept: that takes the block back.
"""

import uuid

from common.problems import NotFound
from messaging.application.ports import Rooms
from messaging.application.rooms.refusals import own_room


class AnswerRequest:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def accept(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
        """Accept; again changes nothing.

        Raises:
            NotFound: it is no conversation of the actor's, or the actor's own request.
        """
        if self._is_asked(actor_id, conversation_id):
            self._rooms.write(conversation_id, requested_by_id=None)
            self._rooms.mark(conversation_id, actor_id, has_blocked=False)

    def decline(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
        """Block who asks.

        Raises:
            NotFound: it is no conversation of the actor's, or the actor's own request.
        """
        if self._is_asked(actor_id, conversation_id):
            self._rooms.mark(conversation_id, actor_id, has_blocked=True)

    def _is_asked(self, actor_id: uuid.UUID, conversation_id: uuid.UUID) -> bool:
        card = own_room(self._rooms, conversation_id, actor_id)
        if card.requested_by == actor_id:
            raise NotFound
        return card.requested_by is not None
