"""The ring of recent messages: a copy that nobody waits for."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.messaging.application.conftest import Town
from tests.messaging.fakes.network import FakeRecentMessages


class SlowRing(FakeRecentMessages):
    """A ring that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.sizes: list[int] = []
        self.sizes_when_dropped: list[list[int]] = []
        self._under_way = 0

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        assert not self._under_way
        self.sizes.append(len(messages))
        self._under_way += 1
        await self.answers.wait()
        self._under_way -= 1
        await super().remember(messages)

    async def drop(self, conversation_ids: Collection[uuid.UUID]) -> None:
        assert not self._under_way
        self.sizes_when_dropped.append(list(self.sizes))
        await super().drop(conversation_ids)


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

    async def test_what_is_taken_back_is_told_after_it_has_left_the_ring_and_all_that_was_on_its_way_there(
        self, town: Town, anna: uuid.UUID, boris: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        ring = SlowRing()
        node, room = town.start(recent=ring), town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)
        one.write(room, "secret")
        await other.got("message")
        one.say(type="delete", id=uuid.uuid4(), conversation=room, seq=1)
        await one.got("ack", 2)
        # More turns of the event loop than all stages take.
        for _ in range(100):
            await asyncio.sleep(0)
        told_before = [told["kind"] for told in other.outlet.objects if told["type"] == "message"]

        ring.answers.set()
        await other.got("message", 2)
        await settled(node)

        assert told_before == ["text"]
        # Not while the first copy was still on its way.
        assert ring.sizes_when_dropped == [[1, 1]]
        assert await ring.after(room, 1, limit=10) is None

    async def test_an_edit_that_waits_to_be_copied_leaves_no_text_of_what_is_deleted(
        self, town: Town, anna: uuid.UUID, settled: Callable[[Any], Any]
    ) -> None:
        ring = SlowRing()
        node, room = town.start(recent=ring), town.messenger.open_room(anna)
        phone = await town.phone(node, anna)
        phone.write(room, "secret")
        await phone.got("ack")
        phone.say(type="edit", id=uuid.uuid4(), conversation=room, seq=1, body={"text": "secret too"})
        await phone.got("ack", 2)
        phone.say(type="delete", id=uuid.uuid4(), conversation=room, seq=1)
        await phone.got("ack", 3)
        for _ in range(100):
            await asyncio.sleep(0)

        ring.answers.set()
        await settled(node)

        assert [payload for kept in ring._rings.values() for payload in kept.values() if b"secret" in payload] == []
