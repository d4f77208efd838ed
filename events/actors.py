"""Who asks: what selectors and services need to know about a caller."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A guest (no id), a user, or an administrator whose second factor was checked at the edge."""

    user_id: uuid.UUID | None = None
    administers: bool = False


GUEST = Actor()
