"""Conversations as the rules see them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from messaging.domain.errors import BLOCKED, CLOSED, NO_CONVERSATION, NOT_ALLOWED, REQUEST_PENDING

GROUP_MEMBERS = 200
# So many members are listed with a conversation; of larger ones, which event chats may be, the rest is read in pages.
LISTED_MEMBERS = 200
# What somebody may write to a stranger before the stranger has accepted.
REQUEST_MESSAGES = 3
# What the stranger gets none of, and gives none of.
NOT_IN_REQUESTS = frozenset({"upload", "typing"})
# Above so many members, receipts are counted and not listed.
LISTED_RECEIPTS = 50

ANNOUNCEMENT = "announcement"


class Kind(StrEnum):
    DIRECT = "direct"
    GROUP = "group"
    EVENT = "event"
    SUPPORT = "support"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


LEADING = frozenset({Role.OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Card:
    """What is remembered of a conversation: who is in it and may write, true for one `members_version`."""

    id: uuid.UUID
    kind: str
    members_version: int
    members: Mapping[uuid.UUID, str]
    # Of a direct one: who asks, for as long as the other has not accepted.
    requested_by: uuid.UUID | None = None
    # Of a direct one: whether either has blocked the other.
    is_blocked: bool = False
    # A moderator has closed it.
    is_closed: bool = False

    def admits(self, user_id: uuid.UUID) -> bool:
        """Tell whether the user may read it."""
        return user_id in self.members

    def leads(self, user_id: uuid.UUID) -> bool:
        """Tell whether the user may announce, and delete what others have written."""
        return self.members.get(user_id) in LEADING

    def refusal(self, sender_id: uuid.UUID, *, kind: str, last_seq: int = 0) -> str | None:
        """Return why the sender may not write this kind of message now, if so."""
        if sender_id not in self.members:
            return NO_CONVERSATION
        if self.is_closed:
            return CLOSED
        if self.is_blocked:
            return BLOCKED
        if self.requested_by is not None and (
            sender_id != self.requested_by or last_seq >= REQUEST_MESSAGES or kind in NOT_IN_REQUESTS
        ):
            return REQUEST_PENDING
        if kind == ANNOUNCEMENT and not self.leads(sender_id):
            return NOT_ALLOWED
        return None

    @property
    def shows_receipts(self) -> bool:
        """Tell whether members see how far others have read: not who asks for a conversation."""
        return self.requested_by is None

    @property
    def lists_receipts(self) -> bool:
        return len(self.members) <= LISTED_RECEIPTS


def direct_key(one: uuid.UUID, other: uuid.UUID) -> str:
    """Return the same key for a pair of people, whoever asks: there is one direct conversation per pair."""
    first, second = sorted([one, other])
    return f"{first.hex}{second.hex}"
