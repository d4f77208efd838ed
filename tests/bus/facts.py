"""Facts that only the bus's own tests state."""

from dataclasses import dataclass

from bus.facts import Fact, states


@states("tests.pot.boiled.v1", key="pot_id")
@dataclass(frozen=True, kw_only=True)
class PotBoiled(Fact):
    pot_id: str
    degrees: int = 100


@states("tests.pan.fried.v1", key="pan_id")
@dataclass(frozen=True, kw_only=True)
class PanFried(Fact):
    """Nobody handles it."""

    pan_id: str
