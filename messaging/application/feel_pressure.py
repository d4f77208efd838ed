"""The feedback loop: measure the load, and let everything that reads or gives follow it."""

from collections.abc import Callable

from messaging.application.ports import Gauges
from messaging.domain.credits import Allowance
from messaging.domain.messages import System
from messaging.domain.pressure import Pressure, after, state_of


class FeelPressure:
    """Keeps the node's pressure; credits and polls ask it, clients are told when its state changes."""

    def __init__(self, *, allowance: Allowance, gauges: Gauges) -> None:
        self.pressure = Pressure()
        self._allowance = allowance
        self._gauges = gauges
        # Of all nodes, as far as it is known; 0 when it isn't.
        self.highest = 0.0
        self.announce: Callable[[System], None] | None = None

    def __call__(self, load_now: float) -> Pressure:
        """Take one more measurement in."""
        before = self.pressure.state
        self.pressure = after(self.pressure, load_now)
        self._gauges.pressure(self.pressure.level, self.pressure.state)
        if self.pressure.state != before and self.announce is not None:
            self.announce(System("pressure", {"state": str(self.pressure.state)}))
        return self.pressure

    @property
    def poll_factor(self) -> float:
        """How much longer to leave the outbox alone: the most loaded node decides."""
        return max(self.pressure.poll_factor, Pressure(self.highest, state_of(self.highest)).poll_factor)

    def allowance(self) -> Allowance:
        """Return the credits that a user has at this pressure: less comes back with each refill."""
        refill = max(1, int(self._allowance.refill * self.pressure.refill_factor))
        return Allowance(self._allowance.capacity, refill, self._allowance.interval_seconds)
