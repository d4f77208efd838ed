"""What presence, nodes, the ring and the memory of signals promise."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from messaging.adapters.fallbacks import SignalsWithFallback
from messaging.adapters.memory.signal_memory import MemorySignals
from messaging.adapters.redis.client import RedisLine
from messaging.adapters.redis.nodes import RedisNodes
from messaging.adapters.redis.presence import RedisPresence
from messaging.adapters.redis.recent_messages import RedisRecentMessages
from messaging.adapters.redis.signal_memory import RedisSignalMemory
from messaging.application.ports import Nodes, Presence, RecentMessages, SignalMemory
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Delivery
from tests.messaging.fakes.network import FakeNetwork, FakeNodes, FakePresence, FakeRecentMessages


@pytest.fixture(params=["fake", "redis"])
async def nodes(request: pytest.FixtureRequest, line: RedisLine) -> tuple[Nodes, Nodes, str]:
    """Two nodes, and the name of the second one."""
    name = f"node-{uuid.uuid4()}"
    if request.param == "redis":
        return RedisNodes(line, node_id="sender"), RedisNodes(line, node_id=name), name
    network = FakeNetwork()
    return FakeNodes(network, "sender"), FakeNodes(network, name), name


@pytest.fixture(params=["fake", "redis"])
async def presences(request: pytest.FixtureRequest, line: RedisLine) -> tuple[Presence, Presence]:
    """The same presence, seen from two nodes."""
    if request.param == "redis":
        return RedisPresence(line, node_id="one"), RedisPresence(line, node_id="two")
    network = FakeNetwork()
    return FakePresence(network, "one"), FakePresence(network, "two")


@pytest.fixture(params=["fake", "redis"])
async def recent(request: pytest.FixtureRequest, line: RedisLine) -> RecentMessages:
    return RedisRecentMessages(line) if request.param == "redis" else FakeRecentMessages()


@pytest.fixture(params=["memory", "redis", "fallback"])
async def signals(request: pytest.FixtureRequest, line: RedisLine, dead_line: RedisLine) -> SignalMemory:
    match request.param:
        case "memory":
            return MemorySignals()
        case "redis":
            return RedisSignalMemory(line)
        case _:
            return SignalsWithFallback(RedisSignalMemory(dead_line), MemorySignals())


async def nobody_rings() -> None:
    raise AssertionError


class TestNodes:
    async def test_a_batch_arrives_as_it_was_sent(self, nodes: tuple[Nodes, Nodes, str]) -> None:
        sender, receiver, name = nodes
        arrived: asyncio.Queue[Sequence[Delivery]] = asyncio.Queue()
        listening = asyncio.create_task(receiver.listen(arrived.put, nobody_rings))
        batch = [
            Delivery([uuid.uuid4()], b'{"type":"message"}', uuid.uuid4(), 7, is_ephemeral=False, except_session=None)
        ]
        while not receiver.is_listening:
            await asyncio.sleep(0.01)

        await sender.publish({name: batch})

        assert list(await asyncio.wait_for(arrived.get(), 2)) == batch
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening

    async def test_says_so_when_it_is_cut_off(self, dead_line: RedisLine) -> None:
        network = FakeNetwork()
        network.is_cut = True

        for one in (RedisNodes(dead_line, node_id="one"), FakeNodes(network, "one")):
            with pytest.raises(PortUnavailable):
                await one.publish({"other": []})


class TestPresence:
    async def test_knows_all_nodes_of_a_person(self, presences: tuple[Presence, Presence]) -> None:
        one, two = presences
        person, nobody = uuid.uuid4(), uuid.uuid4()

        await one.arrive(person)
        await two.renew([person])

        assert await one.nodes_of([person, nobody]) == {person: {"one", "two"}}

    async def test_forgets_who_leaves(self, presences: tuple[Presence, Presence]) -> None:
        one, two = presences
        person = uuid.uuid4()
        await one.arrive(person)
        await two.arrive(person)

        await one.leave(person)

        assert await two.nodes_of([person]) == {person: {"two"}}

    async def test_remembers_when_somebody_was_there_last(self, presences: tuple[Presence, Presence]) -> None:
        one, other = presences
        away, never = uuid.uuid4(), uuid.uuid4()
        await one.arrive(away)
        await one.leave(away)

        seen = await other.last_seen([away, never])

        assert list(seen) == [away]
        assert abs((datetime.now(UTC) - seen[away]).total_seconds()) < 60


class TestRecentMessages:
    async def test_gives_what_follows_a_known_message(self, recent: RecentMessages) -> None:
        room = uuid.uuid4()
        await recent.remember([(room, seq, f"m{seq}".encode()) for seq in (4, 5, 6)])

        assert await recent.after(room, 4, limit=10) == [(5, b"m5"), (6, b"m6")]

    async def test_says_nothing_about_what_it_does_not_know(self, recent: RecentMessages) -> None:
        room = uuid.uuid4()
        await recent.remember([(room, seq, f"m{seq}".encode()) for seq in (4, 5, 6)])

        assert await recent.after(room, 2, limit=10) is None
        assert await recent.after(room, 6, limit=10) is None
        assert await recent.after(uuid.uuid4(), 1, limit=10) is None

    async def test_never_skips_a_hole(self, recent: RecentMessages) -> None:
        room = uuid.uuid4()
        await recent.remember([(room, seq, f"m{seq}".encode()) for seq in (1, 2, 4)])

        assert await recent.after(room, 1, limit=10) is None

    async def test_keeps_the_order_whatever_order_they_came_in(self, recent: RecentMessages) -> None:
        room = uuid.uuid4()
        await recent.remember([(room, 3, b"m3"), (room, 1, b"m1")])
        await recent.remember([(room, 2, b"m2")])

        assert await recent.after(room, 1, limit=10) == [(2, b"m2"), (3, b"m3")]

    async def test_keeps_the_last_200_of_each_conversation(self, recent: RecentMessages) -> None:
        long, short = uuid.uuid4(), uuid.uuid4()
        await recent.remember([(long, seq, f"m{seq}".encode()) for seq in range(1, 151)])
        await recent.remember(
            [(room, seq, f"m{seq}".encode()) for seq in range(151, 206) for room in (long, short)],
        )

        assert await recent.after(long, 5, limit=1) is None
        assert (await recent.after(long, 6, limit=1) or [])[0] == (7, b"m7")
        assert len(await recent.after(short, 151, limit=100) or []) == 54

    async def test_knows_nothing_of_what_was_dropped(self, recent: RecentMessages) -> None:
        rooms = [uuid.uuid4() for _ in range(3)]
        await recent.remember([(room, seq, f"m{seq}".encode()) for room in rooms for seq in (1, 2)])

        await recent.drop(rooms[:2])

        assert [await recent.after(room, 1, limit=10) for room in rooms] == [None, None, [(2, b"m2")]]


class TestSignalMemory:
    async def test_lets_a_signal_pass_once(self, signals: SignalMemory) -> None:
        sender, one, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()

        assert await signals.claim([(sender, one), (sender, other), (sender, one)]) == [True, True, False]
        assert await signals.claim([(sender, one)]) == [False]
