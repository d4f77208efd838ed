"""Pressure: how loaded a node is, from 0 to 1, and what follows from it.

Smoothed, so that one slow commit changes nothing; with hysteresis, so that it doesn't flap between two states.
"""

from dataclasses import dataclass
from enum import StrEnum

SMOOTHING = 0.3
# Above the first number a state is entered, below the second it is left.
THROTTLED = (0.5, 0.35)
SHEDDING = (0.8, 0.6)

SLOW_COMMIT_SECONDS = 0.25
SLOW_LOOP_SECONDS = 0.1


class State(StrEnum):
    NORMAL = "normal"
    THROTTLED = "throttled"
    SHEDDING = "shedding"


@dataclass(frozen=True, slots=True)
class Pressure:
    level: float = 0.0
    state: State = State.NORMAL

    @property
    def refill_factor(self) -> float:
        """The share of credits that comes back with each refill."""
        return {State.NORMAL: 1.0, State.THROTTLED: 0.5, State.SHEDDING: 0.25}[self.state]

    @property
    def poll_factor(self) -> float:
        """How much longer the outbox is left alone between two looks."""
        return {State.NORMAL: 1.0, State.THROTTLED: 2.0, State.SHEDDING: 4.0}[self.state]


def load(*, buffer_fill: float, commit_seconds: float, loop_lag_seconds: float) -> float:
    """Return the load now: the worst of the three signs, each from 0 to 1."""
    signs = (buffer_fill, commit_seconds / SLOW_COMMIT_SECONDS, loop_lag_seconds / SLOW_LOOP_SECONDS)
    return max(0.0, min(1.0, max(signs)))


def after(pressure: Pressure, load_now: float) -> Pressure:
    """Return the pressure after one more measurement."""
    level = pressure.level + SMOOTHING * (load_now - pressure.level)
    return Pressure(level, _state(pressure.state, level))


def state_of(level: float) -> State:
    """Return the state that a level stands for when nothing is known of the time before."""
    return _state(State.NORMAL, level)


def _state(state: State, level: float) -> State:
    if level >= SHEDDING[0] or (state == State.SHEDDING and level > SHEDDING[1]):
        return State.SHEDDING
    if level >= THROTTLED[0] or (state != State.NORMAL and level > THROTTLED[1]):
        return State.THROTTLED
    return State.NORMAL
