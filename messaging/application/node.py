"""A chat node: its use cases, and what it does by the clock."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from messaging.application.catch_up import CatchUp
from messaging.application.close_signed_out import CloseSignedOut
from messaging.application.deliver_here import DeliverToSockets
from messaging.application.feel_pressure import FeelPressure
from messaging.application.open_session import CloseSession, OpenSession
from messaging.application.ports import Nodes, Presence, SignIns
from messaging.application.receive_frame import ReceiveFrame
from messaging.application.redeliver import Redeliver
from messaging.application.report_node import ReportNode
from messaging.application.sessions import Sessions
from messaging.application.topics import Topics
from messaging.domain import limits
from messaging.domain.endings import end_tasks
from messaging.domain.errors import PortUnavailable
from messaging.domain.limits import Close
from messaging.domain.messages import Ping, System, encode
from messaging.domain.parcels import Origin, Parcel
from messaging.domain.pipeline import Pipeline
from messaging.domain.pressure import State, load
from messaging.domain.types.system import SYSTEM

log = structlog.get_logger(__name__)

RENEW_SECONDS = 20.0
REDELIVER_SECONDS = 0.5
# A window is looked at in the second look after its commit: what publishing has lost is there within a second.
CATCH_UP_SECONDS = 0.4
# Without Redis the outbox is the only way from node to node.
CATCH_UP_ALONE_SECONDS = 0.2
# Between two pages of something long.
CATCH_UP_ON_SECONDS = 0.05
SHARE_SECONDS = 0.5
REPORT_SECONDS = 5.0
SIGN_INS_SECONDS = 30.0
MEASURE_SECONDS = 0.25
SILENCE_SECONDS = 2.5 * limits.HEARTBEAT_SECONDS
DRAIN_SECONDS = 3.0
FLUSH_SECONDS = 2.0
NOBODY = Origin(UUID(int=0), UUID(int=0))


@dataclass(kw_only=True)
class Node:
    """Everything that one chat process is made of; assembled by `messaging.wiring`."""

    id: str
    sessions: Sessions
    pipeline: Pipeline
    receive_frame: ReceiveFrame
    open_session: OpenSession
    close_session: CloseSession
    deliver_here: DeliverToSockets
    redeliver: Redeliver
    catch_up: CatchUp
    close_signed_out: CloseSignedOut
    feel_pressure: FeelPressure
    report: ReportNode
    presence: Presence
    sign_ins: SignIns
    nodes: Nodes
    topics: Topics
    # How long the last commit took.
    commit_seconds: Callable[[], float]
    # Closes what the node was given.
    on_stop: Callable[[], Awaitable[None]] | None = None
    is_draining: bool = False
    is_stopped: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _rung: asyncio.Event = field(default_factory=asyncio.Event)

    async def take_its_place(self) -> None:
        """Find the present end of the outbox, before the first socket opens: what comes after it concerns this node."""
        await self._try(self.look_at_once)

    def start(self) -> None:
        """Begin to work; needs a running event loop."""
        self.pipeline.start()
        self.feel_pressure.announce = self._announce
        loops = [
            self.nodes.listen(self.deliver_here, self.hear_bell),
            self._repeat(self._renew_presence, lambda: RENEW_SECONDS),
            self._repeat(self._redeliver, lambda: REDELIVER_SECONDS),
            self._keep_up(),
            self._repeat(self.report.share_pressure, lambda: SHARE_SECONDS),
            self._repeat(self.report.tell_noticed, lambda: REPORT_SECONDS),
            self._once(self.report.joined),
            self._repeat(self._look_at_sign_ins, lambda: SIGN_INS_SECONDS),
            self._repeat(self._listen_to_hearts, lambda: limits.HEARTBEAT_SECONDS),
            self.topics.listen(),
            self._measure(),
        ]
        self._tasks = [asyncio.create_task(one) for one in loops]  # type: ignore[arg-type]

    async def drain(self) -> None:
        """Finish what was taken in, send every socket elsewhere, and stop."""
        if self.is_draining:
            while not self.is_stopped:
                await asyncio.sleep(0.02)
            return
        self.is_draining = True
        await self.pipeline.stop(patience_seconds=DRAIN_SECONDS)
        await self.topics.stop()
        for session in self.sessions:
            # Not all at once: the other nodes have to take them in.
            session.outlet.close(Close.DRAINING, retry_after=round(random.uniform(0.2, 3.0), 2))  # noqa: S311
        deadline = time.monotonic() + FLUSH_SECONDS
        while len(self.sessions) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await end_tasks(self._tasks)
        await self._once(self.report.left)
        if self.on_stop is not None:
            await self.on_stop()
        self.is_stopped = True

    async def _repeat(self, work: Callable[[], Awaitable[object]], seconds: Callable[[], float]) -> None:
        while True:
            await asyncio.sleep(seconds())
            await self._try(work)

    @staticmethod
    async def _try(work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except PortUnavailable as error:
            log.warning("messaging.port_unavailable", port=str(error), work=work.__name__)
        except Exception:
            log.exception("messaging.clock_failed", work=work.__name__)

    async def _once(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do what isn't worth a second attempt."""
        try:
            await work()
        except PortUnavailable as error:
            log.warning("messaging.port_unavailable", port=str(error), work=work.__name__)

    async def _renew_presence(self) -> None:
        await self.presence.renew(self.sessions.users)

    async def _redeliver(self) -> None:
        await self.redeliver()

    async def hear_bell(self) -> None:
        """Somebody has rung: what stands in the outbox now is worth a look before its time.

        The look itself is the clock's: whoever listens to other nodes has to be back for their next batch.
        """
        self._rung.set()

    async def _keep_up(self) -> None:
        """Look into the outbox by the clock and when the bell rings."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), self._catch_up_seconds())
            await self._try(self.look_at_once if self._rung.is_set() else self._catch_up)

    async def look_at_once(self) -> None:
        self._rung.clear()
        await self.catch_up(at_once=True)

    async def _catch_up(self) -> None:
        await self.catch_up(at_once=not self.nodes.is_listening)

    async def _look_at_sign_ins(self) -> None:
        """Tokens and sessions that expire state no fact."""
        await self.close_signed_out()

    def _catch_up_seconds(self) -> float:
        if self.catch_up.has_more:
            return CATCH_UP_ON_SECONDS
        usual = CATCH_UP_SECONDS if self.nodes.is_listening else CATCH_UP_ALONE_SECONDS
        return usual * self.feel_pressure.poll_factor

    async def _listen_to_hearts(self) -> None:
        now = time.monotonic()
        ping = encode(Ping())
        for session in self.sessions:
            if now - session.heard_at > SILENCE_SECONDS:
                session.outlet.close(Close.TOO_SLOW)
            else:
                session.outlet.offer(ping)

    async def _measure(self) -> None:
        while True:
            started_at = time.monotonic()
            await asyncio.sleep(MEASURE_SECONDS)
            lag = time.monotonic() - started_at - MEASURE_SECONDS
            sample = load(
                buffer_fill=self.pipeline.fill, commit_seconds=self.commit_seconds(), loop_lag_seconds=max(0.0, lag)
            )
            pressure = self.feel_pressure(sample)
            self.pipeline.shed(is_shedding=pressure.state is State.SHEDDING)

    def _announce(self, message: System) -> None:
        self.pipeline.offer([Parcel(SYSTEM, NOBODY, message, time.monotonic())])
