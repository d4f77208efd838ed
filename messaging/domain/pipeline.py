"""The pipeline: a conveyor per message type, a buffer before each stage, a worker per stage and lane.

The core knows neither types nor stages: the registry names them, the resolver finds them.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog

from messaging.domain.buffers import Buffer
from messaging.domain.endings import end_tasks
from messaging.domain.errors import OVERLOAD, UNAVAILABLE
from messaging.domain.pace import RETRY_SECONDS, Pace, Turns
from messaging.domain.parcels import Parcel
from messaging.domain.registry import MessageType, OnOverflow, Registry
from messaging.domain.resolver import Context, Resolver
from messaging.domain.stages import Stage

log = structlog.get_logger(__name__)

# How long an estimate of the wait is believed: many offers come within a turn of the event loop.
ESTIMATE_SECONDS = 0.005


class Observer(Protocol):
    """Who counts what the pipeline does."""

    def worked(self, type_name: str, stage: str, *, size: int, waited: float, took: float) -> None: ...

    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None: ...


class Step:
    """A stage at its place in a route, with the buffers of its lanes."""

    def __init__(self, name: str, stage: Stage, *, buffer_size: int) -> None:
        self.name = name
        self.stage = stage
        self.lanes = [Buffer(buffer_size) for _ in range(stage.lanes)]
        self.paces = [Pace() for _ in self.lanes]

    def split(self, parcels: Sequence[Parcel]) -> list[tuple[Buffer, Sequence[Parcel]]]:
        """Sort parcels into lanes."""
        if len(self.lanes) == 1:
            return [(self.lanes[0], parcels)]
        lanes: list[list[Parcel]] = [[] for _ in self.lanes]
        for parcel in parcels:
            lanes[self.stage.lane_of(parcel)].append(parcel)
        return [(self.lanes[number], lane) for number, lane in enumerate(lanes) if lane]

    def wait_seconds(self, *, now: float) -> float:
        """Return how long a parcel that comes now waits here, in the slowest lane."""
        batch = self.stage.batch
        return max(
            [
                pace.wait_seconds(len(lane), batch=batch, now=now) if len(lane) else 0.0
                for lane, pace in zip(self.lanes, self.paces, strict=True)
            ]
        )

    @property
    def fill(self) -> float:
        return max(lane.fill for lane in self.lanes)

    @property
    def depth(self) -> int:
        return sum(len(lane) for lane in self.lanes)


class Conveyor:
    """The route of one type at work."""

    def __init__(self, message_type: MessageType, stages: Iterable[tuple[str, Stage]], observer: Observer) -> None:
        self.type = message_type
        self.steps = [Step(name, stage, buffer_size=message_type.policy.buffer) for name, stage in stages]
        self._places = {step.name: place for place, step in enumerate(self.steps)}
        self.is_shedding = False
        self._observer = observer
        self._busy = 0
        self._awaited = [step for step in self.steps if step.stage.is_awaited]
        self._turns = Turns()
        self._is_late = False
        self._look_again_at = 0.0

    @property
    def fill(self) -> float:
        """How near it is to refusing, from 0 to 1: by room, or by time."""
        by_time = self.wait_seconds(now=time.monotonic()) / self.type.policy.longest_wait_seconds
        return min(1.0, max(by_time, *(step.fill for step in self.steps)))

    def wait_seconds(self, *, now: float) -> float:
        """Return how long a parcel that comes now waits on its way, as far as anybody waits for it."""
        return sum([step.wait_seconds(now=now) for step in self._awaited])

    @property
    def is_idle(self) -> bool:
        return self._busy == 0 and not any(step.depth for step in self.steps)

    def offer(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Take new parcels in; return those that are refused: the first buffer is full, or they would wait too long."""
        if self.is_shedding:
            self._observer.dropped(self.type.name, self.steps[0].name, reason="shed", count=len(parcels))
            return []
        refused: list[Parcel] = []
        if self._would_be_late():
            refused += parcels
        else:
            for buffer, lane in self.steps[0].split(parcels):
                taken = buffer.offer(lane)
                refused += lane[taken:]
        if not refused:
            return refused
        if self.type.policy.on_overflow is OnOverflow.DROP:
            self._observer.dropped(self.type.name, self.steps[0].name, reason="overflow", count=len(refused))
            return []
        now = time.monotonic()
        for parcel in refused:
            parcel.refuse(OVERLOAD, retry_after=self._turns.wait_seconds(now=now))
        self._observer.dropped(self.type.name, self.steps[0].name, reason="refused", count=len(refused))
        return refused

    def _would_be_late(self) -> bool:
        now = time.monotonic()
        if now >= self._look_again_at:
            self._look_again_at = now + ESTIMATE_SECONDS
            self._is_late = self.wait_seconds(now=now) > self.type.policy.longest_wait_seconds
        return self._is_late

    async def enter(self, stage: str, parcels: Sequence[Parcel]) -> None:
        """Let parcels in at a later stage: where a route goes on that began on another node."""
        await self._pass_on(self._places[stage], parcels)

    def workers(self) -> Iterable[asyncio.Task[None]]:
        """Start one worker per stage and lane."""
        for place, step in enumerate(self.steps):
            for buffer, pace in zip(step.lanes, step.paces, strict=True):
                yield asyncio.create_task(self._work(place, buffer, pace), name=f"{self.type.name}.{step.name}")

    async def _work(self, place: int, buffer: Buffer, pace: Pace) -> None:
        step = self.steps[place]
        while True:
            batch, waited = await buffer.take(step.stage.batch, linger_seconds=step.stage.linger_seconds)
            self._busy += 1
            try:
                started_at = time.monotonic()
                pace.begin(now=started_at)
                onward = await self._run(step, batch)
                took = time.monotonic() - started_at
                self._observer.worked(self.type.name, step.name, size=len(batch), waited=waited, took=took)
                await self._hand_on(place, batch, onward)
                # With the time for which the next buffer had no room.
                pace.end(now=time.monotonic())
            finally:
                self._busy -= 1

    async def _run(self, step: Step, batch: list[Parcel]) -> list[Parcel]:
        """Run a stage; a defect in it refuses its batch and stops nothing else.

        What is stored can't be refused any more: it ends here, the sender's repetition is acknowledged, and all nodes
        find it in the outbox.
        """
        try:
            return await step.stage.run(batch)
        except Exception:
            log.exception("messaging.stage_failed", type=self.type.name, stage=step.name)
            self._observer.dropped(self.type.name, step.name, reason="failed", count=len(batch))
            for parcel in batch:
                if parcel.stored is None:
                    parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
            return []

    async def _hand_on(self, place: int, batch: list[Parcel], onward: list[Parcel]) -> None:
        last = len(self.steps) - 1
        if place == last:
            return
        refused = [parcel for parcel in batch if parcel.refusal is not None]
        if refused:
            onward = [parcel for parcel in onward if parcel.refusal is None]
            await self._pass_on(last, refused)
        if onward:
            await self._pass_on(place + 1, onward)

    async def _pass_on(self, place: int, parcels: Sequence[Parcel]) -> None:
        step = self.steps[place]
        for buffer, lane in step.split(parcels):
            if self.type.policy.on_overflow is OnOverflow.REFUSE:
                # Once taken in, it is never lost: the stage before waits instead.
                await buffer.put(lane)
                continue
            left_over = len(lane) - buffer.offer(lane)
            if left_over:
                self._observer.dropped(self.type.name, step.name, reason="overflow", count=left_over)


class Pipeline:
    """All conveyors of a node."""

    def __init__(self, registry: Registry, resolver: Resolver, context: Context, observer: Observer) -> None:
        self._conveyors = {one.name: Conveyor(one, resolver.resolve(one, context), observer) for one in registry}
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for conveyor in self._conveyors.values():
            self._workers += conveyor.workers()

    async def stop(self, *, patience_seconds: float) -> None:
        """Let what was taken in come to its end, then stop the workers."""
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline and not self.is_idle:
            await asyncio.sleep(0.01)
        await end_tasks(self._workers)
        self._workers.clear()

    @property
    def is_idle(self) -> bool:
        return all(conveyor.is_idle for conveyor in self._conveyors.values())

    @property
    def fill(self) -> float:
        """How full the fullest buffer is, from 0 to 1."""
        return max(conveyor.fill for conveyor in self._conveyors.values())

    def shed(self, *, is_shedding: bool) -> None:
        """Leave out what is worth the least, or take it in again."""
        for conveyor in self._conveyors.values():
            conveyor.is_shedding = is_shedding and conveyor.type.policy.is_shed

    def depths(self) -> Iterable[tuple[str, str, int]]:
        """Return (type, stage, parcels waiting)."""
        for conveyor in self._conveyors.values():
            for step in conveyor.steps:
                yield conveyor.type.name, step.name, step.depth

    def offer(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Take parcels in, each by the route of its type, in their order; return those that are refused at once."""
        refused: list[Parcel] = []
        start = 0
        for end in range(1, len(parcels) + 1):
            if end == len(parcels) or parcels[end].type is not parcels[start].type:
                refused += self._conveyors[parcels[start].type.name].offer(parcels[start:end])
                start = end
        return refused

    async def enter(self, type_name: str, stage: str, parcels: Sequence[Parcel]) -> None:
        """Let parcels in at a later stage of a route."""
        await self._conveyors[type_name].enter(stage, parcels)
