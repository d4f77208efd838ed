"""The core: buffers, routes, overflow. No database, no sockets."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from messaging.domain.buffers import Buffer
from messaging.domain.parcels import Origin, Parcel
from messaging.domain.pipeline import ESTIMATE_SECONDS, Pipeline
from messaging.domain.registry import MessageType, OnOverflow, Policy, Registry, TypeDeclaredTwice
from messaging.domain.resolver import Context, Resolver, UnknownStage
from messaging.domain.stages import SimpleStage, Stage

SOMEBODY = Origin(uuid.uuid4(), uuid.uuid4())


class Recorder:
    """Counts what the pipeline does."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int]] = []
        self.drops: list[tuple[str, int]] = []

    def worked(self, type_name: str, stage: str, *, size: int, waited: float, took: float) -> None:
        self.batches.append((stage, size))

    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None:
        self.drops.append((reason, count))


class Note(SimpleStage):
    """Passes parcels on and notes their messages; may be held, may refuse, may fail."""

    def __init__(self, refuses: Callable[[Any], bool] | None = None, *, lanes: int = 1, fails: bool = False) -> None:
        self.seen: list[Any] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.lanes = lanes
        self._refuses = refuses
        self._fails = fails

    def lane_of(self, parcel: Parcel) -> int:
        return int(parcel.message) % self.lanes

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        await self.gate.wait()
        if self._fails:
            raise RuntimeError("a defect")
        self.seen += [parcel.message for parcel in parcels]
        for parcel in parcels:
            if self._refuses and self._refuses(parcel.message):
                parcel.refuse("no")
        return [parcel for parcel in parcels if parcel.refusal is None]


def a_type(*stages: str, on_overflow: OnOverflow = OnOverflow.REFUSE, **policy: Any) -> MessageType:
    return MessageType(name="thing", stages=stages, policy=Policy(on_overflow=on_overflow, **policy))


def parcels(message_type: MessageType, *messages: Any) -> list[Parcel]:
    return [Parcel(message_type, SOMEBODY, message, time.monotonic()) for message in messages]


@asynccontextmanager
async def running(
    message_type: MessageType, stages: dict[str, Stage], observer: Recorder | None = None
) -> AsyncIterator[Pipeline]:
    pipeline = Pipeline(Registry([message_type]), Resolver(stages), Context(), observer or Recorder())
    pipeline.start()
    yield pipeline
    for stage in stages.values():
        stage.gate.set()  # type: ignore[attr-defined]
    await pipeline.stop(patience_seconds=2)


class TestBuffer:
    async def test_takes_only_what_there_is_room_for(self) -> None:
        buffer = Buffer(3)

        assert buffer.offer(parcels(a_type("x"), 1, 2, 3, 4)) == 3
        assert (len(buffer), buffer.fill) == (3, 1.0)

    async def test_writers_wait_above_high_water_until_it_has_sunk_to_low_water(self) -> None:
        buffer = Buffer(8)
        await buffer.put(parcels(a_type("x"), *range(6)))
        waiting = asyncio.create_task(buffer.put(parcels(a_type("x"), 6)))
        await asyncio.sleep(0)

        await buffer.take(1)
        await asyncio.sleep(0)
        still_waiting = not waiting.done()
        await buffer.take(1)
        await waiting

        assert still_waiting
        assert len(buffer) == 5

    async def test_gives_batches_in_order(self) -> None:
        buffer = Buffer(10)
        buffer.offer(parcels(a_type("x"), *range(5)))

        first, _ = await buffer.take(3)
        second, _ = await buffer.take(3)

        assert [[one.message for one in batch] for batch in (first, second)] == [[0, 1, 2], [3, 4]]


class TestPipeline:
    async def test_parcels_pass_all_stages_in_order(self) -> None:
        first, second = Note(), Note()
        thing = a_type("first", "second")

        async with running(thing, {"first": first, "second": second}) as pipeline:
            pipeline.offer(parcels(thing, *range(100)))

        assert first.seen == second.seen == list(range(100))

    async def test_what_waits_is_worked_on_in_one_batch(self) -> None:
        recorder, stage, thing = Recorder(), Note(), a_type("stage")
        stage.gate.clear()

        async with running(thing, {"stage": stage}, recorder) as pipeline:
            pipeline.offer(parcels(thing, 0))
            await asyncio.sleep(0)
            pipeline.offer(parcels(thing, *range(1, 50)))

        assert recorder.batches == [("stage", 1), ("stage", 49)]

    async def test_a_refused_parcel_goes_straight_to_the_end(self) -> None:
        first, second, last = Note(lambda message: message == 2), Note(), Note()
        thing = a_type("first", "second", "last")

        async with running(thing, {"first": first, "second": second, "last": last}) as pipeline:
            pipeline.offer(parcels(thing, 1, 2, 3))

        assert second.seen == [1, 3]
        assert sorted(last.seen) == [1, 2, 3]

    async def test_a_defect_refuses_its_batch_and_the_next_one_is_served(self) -> None:
        broken, last, thing = Note(fails=True), Note(), a_type("broken", "last")

        async with running(thing, {"broken": broken, "last": last}) as pipeline:
            lost = parcels(thing, 1)
            pipeline.offer(lost)
            await asyncio.sleep(0.01)
            broken._fails = False
            pipeline.offer(parcels(thing, 2))

        assert lost[0].refusal is not None
        assert lost[0].refusal.code == "unavailable"
        assert broken.seen == [2]

    async def test_a_full_type_that_refuses_says_so_at_once_and_loses_nothing_it_took(self) -> None:
        recorder, stage, thing = Recorder(), Note(), a_type("stage", buffer=10)
        stage.gate.clear()

        async with running(thing, {"stage": stage}, recorder) as pipeline:
            refused = pipeline.offer(parcels(thing, *range(15)))

        assert [one.message for one in refused] == list(range(10, 15))
        assert {one.refusal.code for one in refused if one.refusal} == {"overload"}
        assert stage.seen == list(range(10))
        assert recorder.drops == [("refused", 5)]

    async def test_a_full_type_that_drops_is_silent_to_the_sender_and_counted(self) -> None:
        recorder, stage = Recorder(), Note()
        thing = a_type("stage", on_overflow=OnOverflow.DROP, buffer=10)
        stage.gate.clear()

        async with running(thing, {"stage": stage}, recorder) as pipeline:
            assert pipeline.offer(parcels(thing, *range(15))) == []

        assert stage.seen == list(range(10))
        assert recorder.drops == [("overflow", 5)]

    async def test_a_slow_stage_slows_the_one_before_it_until_the_intake_refuses(self) -> None:
        first, slow, thing = Note(), Note(), a_type("first", "slow", buffer=10)
        slow.gate.clear()
        taken = 0

        async with running(thing, {"first": first, "slow": slow}) as pipeline:
            refused: list[Parcel] = []
            while not refused:
                refused = pipeline.offer(parcels(thing, taken))
                taken += 1 - len(refused)
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            held_back = len(slow.seen)

        assert held_back == 0
        assert slow.seen == list(range(taken))

    async def test_who_would_wait_too_long_is_refused_until_the_queue_is_short_again(self) -> None:
        recorder, stage = Recorder(), Note()
        thing = a_type("stage", longest_wait_seconds=0.01)
        stage.gate.clear()

        async with running(thing, {"stage": stage}, recorder) as pipeline:
            first = pipeline.offer(parcels(thing, 0))
            await asyncio.sleep(0)
            # A whole batch waits, behind one that has been at work for longer than anybody may wait.
            second = pipeline.offer(parcels(thing, *range(1, 251)))
            await asyncio.sleep(0.05)
            refused = pipeline.offer(parcels(thing, 251))
            fill = pipeline.fill
            stage.gate.set()
            while not pipeline.is_idle:
                await asyncio.sleep(0)
            await asyncio.sleep(ESTIMATE_SECONDS)
            later = pipeline.offer(parcels(thing, 252))

        assert (first, second, later, fill) == ([], [], [], 1.0)
        assert [(one.message, one.refusal and one.refusal.code) for one in refused] == [(251, "overload")]
        assert stage.seen == [*range(251), 252]
        assert recorder.drops == [("refused", 1)]

    async def test_nobody_is_refused_for_what_happens_after_the_delivery(self) -> None:
        stage, after = Note(), Note()
        after.is_awaited = False  # type: ignore[misc]
        thing = a_type("stage", "after", longest_wait_seconds=0.01)
        after.gate.clear()

        async with running(thing, {"stage": stage, "after": after}) as pipeline:
            pipeline.offer(parcels(thing, *range(250)))
            await asyncio.sleep(0.01)
            pipeline.offer(parcels(thing, *range(250, 500)))
            await asyncio.sleep(0.02)
            refused = pipeline.offer(parcels(thing, 500))

        assert refused == []

    async def test_lanes_keep_the_order_within_each(self) -> None:
        stage, thing = Note(lanes=3), a_type("stage")

        async with running(thing, {"stage": stage}) as pipeline:
            pipeline.offer(parcels(thing, *range(30)))

        for lane in range(3):
            assert [one for one in stage.seen if one % 3 == lane] == list(range(lane, 30, 3))

    async def test_shedding_leaves_out_what_is_worth_the_least(self) -> None:
        recorder, stage = Recorder(), Note()
        thing = a_type("stage", on_overflow=OnOverflow.DROP, is_shed=True)

        async with running(thing, {"stage": stage}, recorder) as pipeline:
            pipeline.shed(is_shedding=True)
            pipeline.offer(parcels(thing, 1, 2))
            pipeline.shed(is_shedding=False)
            pipeline.offer(parcels(thing, 3))

        assert stage.seen == [3]
        assert recorder.drops == [("shed", 2)]

    async def test_stopping_lets_what_was_taken_in_come_to_its_end(self) -> None:
        stage, thing = Note(), a_type("stage")
        pipeline = Pipeline(Registry([thing]), Resolver({"stage": stage}), Context(), Recorder())
        pipeline.start()
        pipeline.offer(parcels(thing, *range(1000)))

        await pipeline.stop(patience_seconds=2)

        assert stage.seen == list(range(1000))


class TestResolver:
    def test_prefers_the_types_own_version_of_a_stage(self) -> None:
        common, own = Note(), Note()

        route = Resolver({"check": common, "thing.check": own}).resolve(a_type("check"), Context())

        assert route == [("check", own)]

    def test_leaves_out_optional_stages_by_configuration_and_no_others(self) -> None:
        thing = MessageType(
            name="thing",
            stages=("check", "cache"),
            optional=frozenset({"cache"}),
            policy=Policy(on_overflow=OnOverflow.REFUSE),
        )

        route = Resolver({"check": Note(), "cache": Note()}).resolve(
            thing, Context(without=frozenset({"cache", "check"}))
        )

        assert [name for name, _ in route] == ["check"]

    def test_refuses_a_type_whose_stage_nobody_provides(self) -> None:
        with pytest.raises(UnknownStage, match=r"thing\.fly"):
            Resolver({}).resolve(a_type("fly"), Context())


class TestRegistry:
    def test_refuses_two_types_of_one_name(self) -> None:
        with pytest.raises(TypeDeclaredTwice):
            Registry([a_type("x"), a_type("y")])
