"""Nodes, presence and the ring in memory."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from messaging.application.ports import Arrive, Ring
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Delivery


class FakeNetwork:
    """What all nodes share; `is_cut` makes it unavailable to all of them, `loses` lets publishing get lost."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[list[Delivery]]] = {}
        self.places: dict[uuid.UUID, set[str]] = defaultdict(set)
        self.seen: dict[uuid.UUID, datetime] = {}
        self.is_cut = False
        self.loses = False
        self.pressures: dict[str, float] = {}
        self.told: list[tuple[str, dict[str, float], dict[str, str]]] = []

    def check(self) -> None:
        if self.is_cut:
            raise PortUnavailable("network")


class FakeNodes:
    def __init__(self, network: FakeNetwork, node_id: str) -> None:
        self._network = network
        self._node_id = node_id
        self.published = 0

    @property
    def is_listening(self) -> bool:
        return self._node_id in self._network.queues and not self._network.is_cut

    @is_listening.setter
    def is_listening(self, value: bool) -> None:
        raise AttributeError

    async def publish(self, deliveries: Mapping[str, Sequence[Delivery]]) -> None:
        self._network.check()
        for node_id, batch in deliveries.items():
            self.published += 1
            if node_id in self._network.queues and not self._network.loses:
                self._network.queues[node_id].put_nowait(list(batch))

    async def listen(self, arrive: Arrive, ring: Ring) -> None:
        queue = self._network.queues.setdefault(self._node_id, asyncio.Queue())
        while True:
            await arrive(await queue.get())


class FakePresence:
    def __init__(self, network: FakeNetwork, node_id: str) -> None:
        self._network = network
        self._node_id = node_id

    async def arrive(self, user_id: uuid.UUID) -> None:
        await self.renew([user_id])

    async def leave(self, user_id: uuid.UUID) -> None:
        self._network.check()
        self._network.places[user_id].discard(self._node_id)
        self._network.seen[user_id] = datetime.now(UTC)

    async def renew(self, user_ids: Collection[uuid.UUID]) -> None:
        self._network.check()
        for user_id in user_ids:
            self._network.places[user_id].add(self._node_id)
            self._network.seen[user_id] = datetime.now(UTC)

    async def nodes_of(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
        self._network.check()
        return {one: set(self._network.places[one]) for one in user_ids if self._network.places.get(one)}

    async def last_seen(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
        self._network.check()
        return {one: self._network.seen[one] for one in user_ids if one in self._network.seen}


class FakeRecentMessages:
    """Keeps the last messages, as the ring does."""

    def __init__(self, kept: int = 200) -> None:
        self._kept = kept
        self._rings: dict[uuid.UUID, dict[int, bytes]] = defaultdict(dict)

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        for conversation_id, seq, payload in messages:
            ring = self._rings[conversation_id]
            ring[seq] = payload
            for old in sorted(ring)[: -self._kept]:
                del ring[old]

    async def forget(self, places: Sequence[tuple[uuid.UUID, int]]) -> None:
        for conversation_id, seq in places:
            self._rings[conversation_id].pop(seq, None)

    async def drop(self, conversation_ids: Collection[uuid.UUID]) -> None:
        for conversation_id in conversation_ids:
            self._rings.pop(conversation_id, None)

    async def after(self, conversation_id: uuid.UUID, seq: int, *, limit: int) -> list[tuple[int, bytes]] | None:
        ring = self._rings[conversation_id]
        numbers = sorted(number for number in ring if number >= seq)[: limit + 1]
        if not numbers or numbers != list(range(seq, seq + len(numbers))):
            return None
        return [(number, ring[number]) for number in numbers[1:]] or None


class FakePressureBoard:
    def __init__(self, network: FakeNetwork, node_id: str) -> None:
        self._network = network
        self._node_id = node_id

    async def share(self, level: float) -> float:
        self._network.check()
        self._network.pressures[self._node_id] = level
        return max(self._network.pressures.values())

    async def leave(self) -> None:
        self._network.pressures.pop(self._node_id, None)


class FakeMonitor:
    def __init__(self, network: FakeNetwork) -> None:
        self._network = network

    async def tell(self, what: str, figures: Mapping[str, float], **more: str) -> None:
        self._network.told.append((what, dict(figures), more))
