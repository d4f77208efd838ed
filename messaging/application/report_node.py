"""What a node tells about itself: its pressure to all that feed it, and what it noticed as facts of monitoring."""

from collections import Counter

import structlog

from messaging.application.feel_pressure import FeelPressure
from messaging.application.ports import Monitor, PressureBoard
from messaging.domain.errors import PortUnavailable
from messaging.domain.pressure import State

log = structlog.get_logger(__name__)


class Noticed:
    """Counts between two reports."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.redelivered = 0

    def take(self) -> tuple[dict[str, float], int]:
        """Return what has come together, and begin anew."""
        dropped, redelivered = dict(self.dropped), self.redelivered
        self.dropped.clear()
        self.redelivered = 0
        return {name: float(count) for name, count in dropped.items()}, redelivered


class ReportNode:
    def __init__(
        self, *, feel_pressure: FeelPressure, board: PressureBoard, monitor: Monitor, noticed: Noticed
    ) -> None:
        self._feel_pressure = feel_pressure
        self._board = board
        self._monitor = monitor
        self._noticed = noticed
        self._told = State.NORMAL

    async def share_pressure(self) -> None:
        """Publish this node's pressure and learn the highest; without the board, only the own one counts."""
        try:
            self._feel_pressure.highest = await self._board.share(self._feel_pressure.pressure.level)
        except PortUnavailable:
            self._feel_pressure.highest = 0.0
            raise

    async def joined(self) -> None:
        await self._monitor.tell("node_joined", {})

    async def left(self) -> None:
        await self._board.leave()
        await self._monitor.tell("node_left", {})

    async def tell_noticed(self) -> None:
        """State what has come together since the last report, if anything.

        Raises:
            PortUnavailable: the store is away; the counts of this interval are in the metrics only.
        """
        dropped, redelivered = self._noticed.take()
        if dropped:
            # Not where it happens: a line for each refusal would be most of the work of an overloaded node.
            log.warning("messaging.dropped", counts=dropped)
        pressure = self._feel_pressure.pressure
        if pressure.state != self._told:
            self._told = pressure.state
            await self._monitor.tell("pressure_changed", {"level": round(pressure.level, 3)}, state=str(pressure.state))
        if dropped:
            await self._monitor.tell("buffer_overflowed", dropped)
        if redelivered:
            await self._monitor.tell("redelivered", {"messages": float(redelivered)})
