"""The safety net of delivery: read in the outbox what was committed, and give sockets of this node what they missed.

Publishing through Redis is at most once. This is what makes the messenger work, a second late, without it.
"""

from messaging.application.deliver_here import DeliverToSockets
from messaging.application.ports import CommitLog, Committed, Directory, Gauges, MessageStore
from messaging.application.sessions import Session, Sessions
from messaging.domain.limits import PAGE_MESSAGES
from messaging.domain.parcels import Delivery


class CatchUp:
    """Looks at each window one call later: what is on its way meanwhile needs no help."""

    def __init__(
        self,
        *,
        log: CommitLog,
        store: MessageStore,
        directory: Directory,
        sessions: Sessions,
        deliver_here: DeliverToSockets,
        gauges: Gauges,
    ) -> None:
        self._log = log
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._deliver_here = deliver_here
        self._gauges = gauges
        self._window: list[Committed] = []

    async def __call__(self, *, at_once: bool = False) -> int:
        """Return how many messages were given that would have been missed; `at_once` when nothing else brings them.

        Raises:
            PortUnavailable: the store doesn't answer.
        """
        window, self._window = self._window, await self._log.committed()
        if at_once:
            window, self._window = window + self._window, []
        heads = {one.conversation_id: one.seq for one in window}
        cards = await self._directory.cards(heads.keys())
        count = 0
        for conversation_id, card in cards.items():
            behind = [
                session
                for session in self._sessions.of_users(card.members)
                if session.position(conversation_id).sent < heads[conversation_id]
            ]
            for session in behind:
                count += await self._give(session, Committed(conversation_id, heads[conversation_id]))
        if count:
            self._gauges.caught_up(count)
        return count

    async def _give(self, session: Session, head: Committed) -> int:
        after = session.position(head.conversation_id).sent
        messages, _ = await self._store.page(head.conversation_id, after=after, before=None, limit=PAGE_MESSAGES)
        deliveries = [
            Delivery(
                to=[session.user_id],
                payload=payload,
                conversation_id=head.conversation_id,
                seq=seq,
                is_ephemeral=False,
                except_session=None,
            )
            for seq, payload in messages
        ]
        await self._deliver_here(deliveries)
        return len(deliveries)
