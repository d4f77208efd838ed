"""An invitation to a group: whoever has its link may join, until there is another or none."""

import uuid

from messaging.application.ports import Rooms
from messaging.application.rooms.refusals import led_group


class RenewInvitation:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def __call__(self, *, actor_id: uuid.UUID, conversation_id: uuid.UUID, invitation: str) -> None:
        """Let this be the invitation from now on; an empty one ends it.

        Raises:
            NotFound, WrongKind, LeadersOnly
        """
        led_group(self._rooms, conversation_id, actor_id)
        self._rooms.write(conversation_id, invitation=invitation)
