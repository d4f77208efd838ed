"""What this node remembers of conversations."""

import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable

from messaging.domain.conversations import Card

REMEMBERED = 50_000
FRESH_SECONDS = 10.0


class Cards:
    """Cards by conversation. The writer trusts one if its version is that of the locked row; readers for a moment."""

    def __init__(self) -> None:
        self._cards: OrderedDict[uuid.UUID, tuple[Card, float]] = OrderedDict()

    def fresh(self, conversation_id: uuid.UUID) -> Card | None:
        known = self._cards.get(conversation_id)
        if known is None or known[1] < time.monotonic() - FRESH_SECONDS:
            return None
        return known[0]

    def of_version(self, conversation_id: uuid.UUID, version: int) -> Card | None:
        """Return the card if it is true for this version; seen under the row's lock, it is fresh again."""
        known = self._cards.get(conversation_id)
        if known is None or known[0].members_version != version:
            return None
        self._cards[conversation_id] = (known[0], time.monotonic())
        return known[0]

    def forget(self, conversation_ids: Iterable[uuid.UUID]) -> None:
        for one in conversation_ids:
            self._cards.pop(one, None)

    def remember(self, card: Card) -> None:
        self._cards[card.id] = (card, time.monotonic())
        self._cards.move_to_end(card.id)
        if len(self._cards) > REMEMBERED:
            self._cards.popitem(last=False)
