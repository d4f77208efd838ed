"""Read in the outbox what was committed: what sockets of this node have missed, what has changed, whose sign-in ended.

Publishing through Redis is at most once. This is what makes the messenger work, a second late, without it.
"""

from collections.abc import Mapping
from uuid import UUID

from messaging.application.close_signed_out import CloseSignedOut
from messaging.application.deliver_here import DeliverToSockets
from messaging.application.ports import CommitLog, Committed, Directory, Gauges, MessageStore, SystemOrder
from messaging.application.sessions import Sessions
from messaging.domain.conversations import Card
from messaging.domain.limits import PAGE_MESSAGES
from messaging.domain.messages import System, encode
from messaging.domain.parcels import Delivery


class CatchUp:
    """Looks at each window of messages one call later: what is on its way meanwhile needs no help."""

    def __init__(
        self,
        *,
        log: CommitLog,
        store: MessageStore,
        directory: Directory,
        sessions: Sessions,
        deliver_here: DeliverToSockets,
        close_signed_out: CloseSignedOut,
        gauges: Gauges,
    ) -> None:
        self._log = log
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._deliver_here = deliver_here
        self._close_signed_out = close_signed_out
        self._gauges = gauges
        self._window: list[Committed] = []

    async def __call__(self, *, at_once: bool = False) -> int:
        """Return how many messages were given that would have been missed; `at_once` when nothing else brings them.

        Raises:
            PortUnavailable: the store doesn't answer.
        """
        news = await self._log.news()
        if news.signed_out:
            await self._close_signed_out(set(news.signed_out))
        if news.changed:
            await self._tell_changed(set(news.changed))
        for order in news.orders:
            self._tell(order)
        window, self._window = self._window, list(news.committed)
        if at_once:
            window, self._window = window + self._window, []
        heads = {one.conversation_id: one.seq for one in window}
        cards = await self._directory.cards(heads.keys())
        count = 0
        for conversation_id, card in cards.items():
            count += await self._give(card, heads[conversation_id])
        if count:
            self._gauges.caught_up(count)
        return count

    async def _give(self, card: Card, last_seq: int) -> int:
        """Read once what the furthest behind has missed; who has it already isn't given it again."""
        places = [session.position(card.id).sent for session in self._sessions.of_users(card.members)]
        behind = [place for place in places if place < last_seq]
        if not behind:
            return 0
        messages, _ = await self._store.page(card.id, after=min(behind), before=None, limit=PAGE_MESSAGES)
        deliveries = [
            Delivery(
                to=list(card.members),
                payload=payload,
                conversation_id=card.id,
                seq=seq,
                is_ephemeral=False,
                except_session=None,
            )
            for seq, payload in messages
        ]
        await self._deliver_here(deliveries)
        return sum(seq > place for seq, _ in messages for place in behind)

    async def _tell_changed(self, conversation_ids: set[UUID]) -> None:
        """Forget what was remembered of them, and let their members ask anew."""
        self._directory.forget(conversation_ids)
        cards: Mapping[UUID, Card] = await self._directory.cards(conversation_ids)
        for card in cards.values():
            self._tell(SystemOrder(list(card.members), "conversation", {"conversation": str(card.id)}))

    def _tell(self, order: SystemOrder) -> None:
        payload = encode(System(order.code, dict(order.data)))
        for session in self._sessions.of_users(order.user_ids):
            session.give(payload)
