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
GENERATION = "events:catalogue:generation"


def remembered(question: Any, answer: Callable[[], Any], *, seconds: int = SECONDS) -> Any:
    """Return the answer to a question (anything that JSON can tell apart), from the cache if it is there."""
    text = json.dumps(question, sort_keys=True, default=str)
    key = "events:catalogue:" + hashlib.sha256(text.encode()).hexdigest()
    found = cache.get_many([GENERATION, key])
    generation = found.get(GENERATION)
    if key in found and found[key][0] == generation:
        return found[key][1]
    given = answer()
    cache.set(key, (generation, given), seconds)
    return given


def forget_catalogue() -> None:
    """Let nothing that was answered before be answered again."""
    cache.set(GENERATION, new_id().hex, None)
