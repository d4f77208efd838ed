"""Read in the outbox what was committed: what sockets of this node have missed, what has changed, whose sign-in ended.

Publishing through Redis is at most once. This is what makes the messenger work, a second late, without it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from messaging.application.close_signed_out import CloseSignedOut
from messaging.application.deliver_here import DeliverToSockets
from messaging.application.ports import CommitLog, Committed, Directory, Gauges, MessageStore, News, SystemOrder
from messaging.application.sessions import Sessions
from messaging.domain.conversations import Card
from messaging.domain.limits import PAGE_MESSAGES
from messaging.domain.messages import System, encode
from messaging.domain.parcels import Delivery


class Span(NamedTuple):
    """Numbers of one conversation that were committed."""

    first: int
    last: int


Spans = dict[UUID, Span]


class CatchUp:
    """Looks at each window of messages one call later: what is on its way meanwhile needs no help.

    What could not be given, because the store was away or more was missing than fits in a page, stays due.
    """

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
        self._fresh: Spans = {}
        self._due: Spans = {}
        self._changed: set[UUID] = set()
        self._signed_out: set[UUID] = set()

    async def __call__(self, *, at_once: bool = False) -> int:
        """Return how many messages were given that would have been missed; `at_once` when nothing else brings them.

        Raises:
            PortUnavailable: the store doesn't answer.
        """
        news = await self._log.news()
        self._note(news, at_once=at_once)
        for order in news.orders:
            self._tell(order)
        if self._signed_out:
            await self._close_signed_out(self._signed_out)
            self._signed_out = set()
        if self._changed:
            await self._tell_changed(self._changed)
            self._changed = set()
        count = await self._give_what_is_due()
        if count:
            self._gauges.caught_up(count)
        return count

    @property
    def has_more(self) -> bool:
        """Something is due still: more was missing than one call gives."""
        return bool(self._due)

    def _note(self, news: News, *, at_once: bool) -> None:
        self._signed_out.update(news.signed_out)
        self._changed.update(news.changed)
        widen(self._due, self._fresh)
        self._fresh = spans_of(news.committed)
        if at_once:
            widen(self._due, self._fresh)
            self._fresh = {}

    async def _give_what_is_due(self) -> int:
        cards = await self._directory.cards(self._due.keys())
        count = 0
        for conversation_id, span in list(self._due.items()):
            card = cards.get(conversation_id)
            given, has_more = await self._give(card, span) if card is not None else (0, False)
            count += given
            if not has_more:
                del self._due[conversation_id]
        return count

    async def _give(self, card: Card, span: Span) -> tuple[int, bool]:
        """Read once what the furthest behind has missed, up to a page; who has it already isn't given it again.

        Returns:
            How many were given, and whether some socket lacks more.
        """
        sessions = list(self._sessions.of_users(card.members))
        first = min((one.first_missing(card.id, since=span.first) for one in sessions), default=span.last + 1)
        if first > span.last:
            return 0, False
        messages, _ = await self._store.page(card.id, after=first - 1, before=None, limit=PAGE_MESSAGES)
        if not messages:
            return 0, False
        given = sum(one.lacks(card.id, seq, since=span.first) for seq, _ in messages for one in sessions)
        await self._deliver_here([delivery_of(card, seq, payload) for seq, payload in messages])
        # Who lacks only what the store has no more can't be helped.
        return given, given > 0 and messages[-1][0] < span.last

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


def spans_of(committed: Iterable[Committed]) -> Spans:
    spans: Spans = {}
    for one in committed:
        known = spans.get(one.conversation_id, Span(one.seq, one.seq))
        spans[one.conversation_id] = Span(min(known.first, one.seq), max(known.last, one.seq))
    return spans


def widen(spans: Spans, more: Spans) -> None:
    """Add the second to the first."""
    for conversation_id, span in more.items():
        known = spans.get(conversation_id, span)
        spans[conversation_id] = Span(min(known.first, span.first), max(known.last, span.last))


def delivery_of(card: Card, seq: int, payload: bytes) -> Delivery:
    return Delivery(
        to=list(card.members),
        payload=payload,
        conversation_id=card.id,
        seq=seq,
        is_ephemeral=False,
        except_session=None,
    )
