"""The outbox as the messenger's safety net, read in windows of finished transactions like any other reader of it."""

import uuid
from typing import Any

import msgspec
from psycopg_pool import AsyncConnectionPool

from common.transaction_ids import HORIZON_SQL
from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Committed
from messaging.domain_events import MessagesCommitted

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
            cursor = await connection.execute(HORIZON_SQL)
            ((finished_before, not_yet_given),) = await cursor.fetchall()
            # After a restore into a new cluster, transactions are counted anew.
            if self._from is None or self._from > not_yet_given:
                self._from = finished_before
            if finished_before <= self._from:
                return []
            cursor = await connection.execute(WINDOW, [self._from, finished_before, MessagesCommitted.wire_type])
            payloads = [row[0] for row in await cursor.fetchall()]
        self._from = finished_before
        return [Committed(one.conversation_id, one.seq) for payload in payloads for one in decode(payload).messages]
