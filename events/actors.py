"""Who asks: what selectors and services need to know about a caller."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A guest (no id), a user, or a member of staff whose second factor was checked at the edge."""

    user_id: uuid.UUID | None = None
    # May do with every event what its organizer may, and what a moderator may.
    administers: bool = False
    # May look at every event, take it down and put it back.
    moderates: bool = False

    @property
    def oversees(self) -> bool:
        """Tell whether every event is theirs to look at."""
        return self.administers or self.moderates


# What a role must hold to be the one or the other.
ADMINISTERS, MODERATES = "events.change_event", "events.suspend_event"


GUEST = Actor()
