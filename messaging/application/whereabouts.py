"""On which nodes people are, remembered for a moment: nobody is looked up for every batch of messages."""

import time
from collections.abc import Callable, Collection
from uuid import UUID

from messaging.application.ports import Presence

REMEMBERED = 20_000
# Who arrives on another node meanwhile gets messages from the outbox, which is looked into more often than this.
FRESH_SECONDS = 1.0


class Whereabouts:
    """For messages and receipts. What is stored nowhere, such as a signal, asks for the exact answer."""

    def __init__(self, presence: Presence, clock: Callable[[], float] = time.monotonic) -> None:
        self._presence = presence
        self._clock = clock
        self._known: dict[UUID, tuple[Collection[str], float]] = {}

    async def nodes_of(self, user_ids: Collection[UUID], *, is_exact: bool = False) -> dict[UUID, Collection[str]]:
        """Return the nodes of those who are somewhere.

        Raises:
            PortUnavailable: presence isn't known at the moment.
        """
        now = self._clock()
        known = {} if is_exact else {one: found[0] for one in user_ids if (found := self._fresh(one, now)) is not None}
        unknown = [one for one in user_ids if one not in known]
        if unknown:
            found_now = await self._presence.nodes_of(unknown)
            if len(self._known) > REMEMBERED:
                self._known.clear()
            for one in unknown:
                known[one] = found_now.get(one, frozenset())
                self._known[one] = known[one], now + FRESH_SECONDS
        return {one: nodes for one, nodes in known.items() if nodes}

    def _fresh(self, user_id: UUID, now: float) -> tuple[Collection[str], float] | None:
        found = self._known.get(user_id)
        return found if found is not None and found[1] > now else None
