"""Conversations as the rules see them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

GROUP_MEMBERS = 200


class Kind(StrEnum):
    DIRECT = "direct"
    GROUP = "group"
    EVENT = "event"
    SUPPORT = "support"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Card:
    """What is remembered of a conversation: who is in it, true for one `members_version`."""

    id: uuid.UUID
    kind: str
    members_version: int
    members: Mapping[uuid.UUID, str]

    def admits(self, user_id: uuid.UUID) -> bool:
        """Tell whether the user may read it and write in it."""
        return user_id in self.members


def direct_key(one: uuid.UUID, other: uuid.UUID) -> str:
    """Return the same key for a pair of people, whoever asks: there is one direct conversation per pair."""
    first, second = sorted([one, other])
    return f"{first.hex}{second.hex}"
