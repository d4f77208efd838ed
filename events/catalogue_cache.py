"""What the catalogue has answered to guests a moment ago.

Kept for seconds, and forgotten at once when an event enters or leaves the catalogue. All works without it.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from common.ids import new_id

SECONDS = 30
# So long may a card be older than its event; what enters or leaves the catalogue is shown at once.
LIST_SECONDS = 5
GENERATION = "events:catalogue:generation"


class Memory:
    """What is remembered of a question (anything that JSON can tell apart); `found` is None when nothing is."""

    def __init__(self, question: Any) -> None:
        text = json.dumps(question, sort_keys=True, default=str)
        self._key = "events:catalogue:" + hashlib.sha256(text.encode()).hexdigest()
        stored = cache.get_many([GENERATION, self._key])
        self._generation = stored.get(GENERATION)
        generation, found = stored.get(self._key, (None, None))
        self.found = found if generation == self._generation else None

    def keep(self, given: Any, *, seconds: int) -> None:
        """Remember an answer that was read after the question was asked; should all be forgotten in between, this is too."""
        cache.set(self._key, (self._generation, given), seconds)


def remembered(question: Any, answer: Callable[[], Any], *, seconds: int = SECONDS) -> Any:
    """Return the answer to a question, from the cache if it is there; None is no answer."""
    memory = Memory(question)
    if memory.found is not None:
        return memory.found
    given = answer()
    memory.keep(given, seconds=seconds)
    return given


def forget_catalogue() -> None:
    """Let nothing that was answered before be answered again."""
    cache.set(GENERATION, new_id().hex, None)
