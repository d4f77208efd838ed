"""Patience: how much a person may say on a node, whatever it costs in credits, before the node stops listening.

Credits bound what is stored. This bounds the rest: typing, receipts, looks into history, what can't be read at all. Each
object has a weight (MessageType.weight), and patience comes back by the second.
"""

from dataclasses import dataclass
from math import ceil

CAPACITY = 2000.0
PER_SECOND = 500.0
# Who goes on though everything is refused is sent away, and not let in again for a while.
ABUSE_AT = -4 * CAPACITY
AWAY_SECONDS = 60.0

# A socket that is opened: its sign-in and its heads are read.
HELLO_WEIGHT = 20
# An object that nobody can read is worth nothing to anybody.
UNREADABLE_WEIGHT = 10


@dataclass(slots=True)
class Patience:
    """What is left with one person, over all of their sockets."""

    at: float
    left: float = CAPACITY
    away_until: float = 0.0

    def spend(self, weight: int, *, now: float) -> bool:
        """Take an object's weight; False when it is to be refused. What is refused weighs as much."""
        self._refill(now)
        is_enough = self.left >= weight
        self.left -= weight
        if self.left < ABUSE_AT:
            self.away_until = now + AWAY_SECONDS
        return is_enough

    def give_back(self, weight: int) -> None:
        """Forget an object that the node has refused for its own sake: who comes back when told to isn't hostile."""
        self.left = min(CAPACITY, self.left + weight)

    def is_over(self, *, now: float) -> bool:
        """Tell whether this person is sent away."""
        return now < self.away_until

    def is_whole(self, *, now: float) -> bool:
        """Tell whether nothing would be lost by forgetting it."""
        self._refill(now)
        return self.left >= CAPACITY and not self.is_over(now=now)

    def wait_seconds(self, weight: int) -> float:
        """Return in what time an object of this weight may be taken, in whole milliseconds, rather one too many."""
        return (ceil(max(0.0, weight - self.left) / PER_SECOND * 1000) + 1) / 1000

    def _refill(self, now: float) -> None:
        if now > self.at:
            self.left = min(CAPACITY, self.left + (now - self.at) * PER_SECOND)
            self.at = now
