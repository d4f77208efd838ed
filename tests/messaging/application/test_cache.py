"""The ring of recent messages: a copy that nobody waits for."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from tests.messaging.application.conftest import Town
from tests.messaging.fakes.network import FakeRecentMessages


class SlowRing(FakeRecentMessages):
    """A ring that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.sizes: list[int] = []

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        self.sizes.append(len(messages))
        await self.answers.wait()
        await super().remember(messages)


class TestCache:
    async def test_a_slow_ring_delays_no_delivery_and_gets_what_gathered_in_one_call(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        ring = SlowRing()
        node, room = town.start(recent=ring), town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)

        for number in range(1, 4):
            one.write(room, f"text {number}")
            await other.got("message", number)
        waiting = list(ring.sizes)
        ring.answers.set()
        await settled(node)

        assert (waiting, ring.sizes) == ([1], [1, 2])
        found = await ring.after(room, 1, limit=10)
        assert [seq for seq, _ in found or []] == [2, 3]

    async def test_what_is_taken_back_leaves_after_what_was_on_its_way(
        self, town: Town, anna: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        ring = SlowRing()
        node, room = town.start(recent=ring), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        phone.write(room, "secret")
        await phone.got("ack")
        phone.say(type="delete", id=uuid.uuid4(), conversation=room, seq=1)
        await phone.got("ack", 2)

        ring.answers.set()
        await settled(node)

        assert await ring.after(room, 1, limit=10) is None
