"""The outbox as the messenger reads it: in windows of finished transactions, like any other reader of it."""

import uuid
from typing import Any

import msgspec
from psycopg_pool import AsyncConnectionPool

from common.transaction_ids import HORIZON_SQL
from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Committed, News, SystemOrder
from messaging.domain_events import ConversationChanged, MessagesCommitted, SystemMessageOrdered

SIGN_IN_ENDED = "accounts.sign_in.ended.v1"
READ_TYPES = [
    MessagesCommitted.wire_type,
    ConversationChanged.wire_type,
    SystemMessageOrdered.wire_type,
    SIGN_IN_ENDED,
]
WINDOW = """
    SELECT wire_type, payload FROM bus_outboxrow
    WHERE transaction_id >= %s AND transaction_id < %s AND wire_type = ANY(%s) ORDER BY id
"""


class CommittedSeq(msgspec.Struct):
    conversation_id: uuid.UUID
    seq: int


class Seen(msgspec.Struct):
    """What is needed of all these facts."""

    messages: list[CommittedSeq] = []
    conversation_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    user_ids: list[uuid.UUID] = []
    code: str = ""
    data: dict[str, Any] = {}


decode = msgspec.json.Decoder(Seen).decode


class OutboxCommitLog:
    """Begins at the present: earlier commits reach sockets by their heads."""

    def __init__(self, *, readers: AsyncConnectionPool[Any]) -> None:
        self._readers = readers
        self._from: int | None = None

    async def news(self) -> News:
        async with connected(self._readers) as connection:
            cursor = await connection.execute(HORIZON_SQL)
            ((finished_before, not_yet_given),) = await cursor.fetchall()
            # After a restore into a new cluster, transactions are counted anew.
            if self._from is None or self._from > not_yet_given:
                self._from = finished_before
            if finished_before <= self._from:
                return News()
            cursor = await connection.execute(WINDOW, [self._from, finished_before, READ_TYPES])
            rows = [(wire_type, decode(payload)) for wire_type, payload in await cursor.fetchall()]
        self._from = finished_before
        return News(
            committed=[Committed(one.conversation_id, one.seq) for _, seen in rows for one in seen.messages],
            changed=[
                seen.conversation_id
                for wire_type, seen in rows
                if wire_type == ConversationChanged.wire_type and seen.conversation_id is not None
            ],
            signed_out=[seen.user_id for wire_type, seen in rows if wire_type == SIGN_IN_ENDED and seen.user_id],
            orders=[
                SystemOrder(seen.user_ids, seen.code, seen.data)
                for wire_type, seen in rows
                if wire_type == SystemMessageOrdered.wire_type
            ],
        )
