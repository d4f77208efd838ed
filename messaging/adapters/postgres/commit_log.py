"""The outbox as the messenger's safety net, read in windows of finished transactions like any other reader of it."""

import uuid
from typing import Any

import msgspec
from psycopg_pool import AsyncConnectionPool

from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Committed
from messaging.domain_events import MessagesCommitted

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
WINDOW = """
    SELECT payload FROM bus_outboxrow
    WHERE transaction_id >= %s AND transaction_id < %s AND wire_type = %s ORDER BY id
"""


class CommittedSeq(msgspec.Struct):
    conversation_id: uuid.UUID
    seq: int


class Batch(msgspec.Struct):
    """What is needed of the fact."""

    messages: list[CommittedSeq]


decode = msgspec.json.Decoder(Batch).decode


class OutboxCommitLog:
    """Begins at the present: earlier commits reach sockets by their heads."""

    def __init__(self, *, readers: AsyncConnectionPool[Any]) -> None:
        self._readers = readers
        self._from: int | None = None

    async def committed(self) -> list[Committed]:
        async with connected(self._readers) as connection:
            ((horizon,),) = await (await connection.execute(HORIZON)).fetchall()
            # After a restore into a new cluster, transactions are counted anew.
            start = horizon if self._from is None else min(self._from, horizon)
            if start == horizon:
                self._from = horizon
                return []
            cursor = await connection.execute(WINDOW, [start, horizon, MessagesCommitted.wire_type])
            payloads = [row[0] for row in await cursor.fetchall()]
        self._from = horizon
        return [Committed(one.conversation_id, one.seq) for payload in payloads for one in decode(payload).messages]
