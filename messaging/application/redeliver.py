"""Give again what a device has not confirmed: after 5 seconds, after 15 more, then when it reconnects."""

import time

from messaging.application.ports import Gauges
from messaging.application.read_history import ReadHistory
from messaging.application.sessions import Sessions
from messaging.domain.limits import PAGE_MESSAGES
from messaging.domain.types.history import History


class Redeliver:
    def __init__(self, sessions: Sessions, read_history: ReadHistory, gauges: Gauges) -> None:
        self._sessions = sessions
        self._read_history = read_history
        self._gauges = gauges

    async def __call__(self) -> int:
        """Return how many messages were given again.

        Raises:
            PortUnavailable: the store doesn't answer; what is still waiting is tried at its next time.
        """
        count = 0
        for session, conversation_id, position in self._sessions.overdue(now=time.monotonic()):
            asked = History(request="", conversation=conversation_id, after=position.confirmed, limit=PAGE_MESSAGES)
            messages, _ = await self._read_history.messages(asked)
            for seq, payload in messages:
                if seq <= position.sent:
                    session.outlet.offer(payload)
                    count += 1
        if count:
            self._gauges.redelivered(count)
        return count
