"""What nodes notice about themselves, stated as facts: topic `messaging.monitoring`."""

from collections.abc import Mapping
from typing import Any

from psycopg_pool import AsyncConnectionPool

from bus.facts import payload_of
from common.ids import new_id
from messaging.adapters.postgres.pool import connected
from messaging.domain_events import (
    BufferOverflowed,
    MessagesRedelivered,
    MonitoringFact,
    NodeJoined,
    NodeLeft,
    PressureChanged,
)

STATE = """
    INSERT INTO bus_outboxrow (fact_id, wire_type, topic, key, payload, request_id) VALUES (%s, %s, %s, %s, %s, '')
"""
FACTS: Mapping[str, type[MonitoringFact]] = {
    "node_joined": NodeJoined,
    "node_left": NodeLeft,
    "pressure_changed": PressureChanged,
    "buffer_overflowed": BufferOverflowed,
    "redelivered": MessagesRedelivered,
}


class OutboxMonitor:
    def __init__(self, *, readers: AsyncConnectionPool[Any], node_id: str) -> None:
        self._readers = readers
        self._node_id = node_id

    async def tell(self, what: str, figures: Mapping[str, float], **more: str) -> None:
        fact = FACTS[what](node=self._node_id, figures=dict(figures), **more)
        async with connected(self._readers) as connection:
            await connection.execute(STATE, [new_id(), fact.wire_type, fact.topic, fact.key, payload_of(fact)])
