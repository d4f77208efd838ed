"""What the messenger needs from the world. `messaging.wiring` says who provides it.

An adapter raises PortUnavailable when what stands behind it doesn't answer.
"""

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from messaging.domain.conversations import Card
from messaging.domain.credits import Allowance, Grant
from messaging.domain.drafts import Draft
from messaging.domain.parcels import Delivery, Stored

MessageKey = tuple[uuid.UUID, uuid.UUID]  # sender, id


@dataclass(frozen=True, slots=True)
class Rejected:
    """The store may not take the message."""

    code: str


@dataclass(frozen=True, slots=True)
class Head:
    conversation_id: uuid.UUID
    epoch: int
    last_seq: int
    read_seq: int


@dataclass(frozen=True, slots=True)
class HeadList:
    """Heads, and the position from which a later call gives only what changed."""

    heads: Sequence[Head]
    position: str
    resumed: bool


@dataclass(frozen=True, slots=True)
class Advance:
    """A member has got this far, or further."""

    conversation_id: uuid.UUID
    user_id: uuid.UUID
    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Committed:
    """A conversation has messages up to `seq`."""

    conversation_id: uuid.UUID
    seq: int


class MessageStore(Protocol):
    """Where messages are kept for ever."""

    async def append(self, drafts: Sequence[Draft], *, lane: int) -> list[Stored | Rejected]:
        """Store a batch in one transaction with its outbox row; the answers stand in the order of the drafts."""

    async def find(self, keys: Collection[MessageKey]) -> dict[MessageKey, Stored]:
        """Return those that are stored already."""

    async def page(
        self, conversation_id: uuid.UUID, *, after: int | None, before: int | None, limit: int
    ) -> tuple[list[tuple[int, bytes]], bool]:
        """Return (seq, encoded message) in the order of seq, and whether there are more in that direction."""


class Directory(Protocol):
    """Who is in which conversation. May be a moment behind; the store decides."""

    async def cards(self, conversation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Card]:
        """Return the conversations that exist."""

    async def acquainted(self, pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> set[tuple[uuid.UUID, uuid.UUID]]:
        """Return the pairs of people that share a conversation."""

    async def heads(self, user_id: uuid.UUID, *, position: str | None, limit: int) -> HeadList:
        """Return the user's conversations, or those that changed since the position."""


class Cursors(Protocol):
    """How far each member has got."""

    async def advance(self, advances: Sequence[Advance]) -> list[Advance]:
        """Move cursors forwards, never beyond the last message; return the new places of those that moved."""


class CommitLog(Protocol):
    """The outbox, read as the safety net of delivery."""

    async def committed(self) -> list[Committed]:
        """Return what was committed between the last two calls, complete and in order."""


class CreditBank(Protocol):
    """Everybody's credits."""

    async def spend(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> dict[uuid.UUID, Grant]:
        """Take up to so many credits from each user."""

    async def refund(self, amounts: Mapping[uuid.UUID, int], allowance: Allowance) -> None:
        """Put credits back."""

    async def left(self, user_id: uuid.UUID, allowance: Allowance) -> int:
        """Return what the user may spend now."""


class Presence(Protocol):
    """On which nodes people have a socket."""

    async def arrive(self, user_id: uuid.UUID) -> None: ...

    async def leave(self, user_id: uuid.UUID) -> None: ...

    async def renew(self, user_ids: Collection[uuid.UUID]) -> None:
        """Say that they are still there: what isn't renewed ends by itself."""

    async def nodes_of(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]: ...


Arrive = Callable[[Sequence[Delivery]], Awaitable[None]]


class Nodes(Protocol):
    """The other chat nodes. `is_listening` tells whether they can reach this one at the moment."""

    is_listening: bool

    async def publish(self, deliveries: Mapping[str, Sequence[Delivery]]) -> None:
        """Send one batch per node, at most once."""

    async def listen(self, arrive: Arrive) -> None:
        """Give on what other nodes send to this one, until cancelled."""


class RecentMessages(Protocol):
    """The ring of recent messages: what most reconnecting clients need."""

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None: ...

    async def forget(self, places: Sequence[tuple[uuid.UUID, int]]) -> None:
        """Let go of messages that have changed: the store knows them better."""

    async def after(self, conversation_id: uuid.UUID, seq: int, *, limit: int) -> list[tuple[int, bytes]] | None:
        """Return all messages after `seq`, without a hole; None when the ring doesn't know."""


class SignalMemory(Protocol):
    """Which signals were seen in the last minute."""

    async def claim(self, keys: Sequence[MessageKey]) -> list[bool]:
        """Return for each key whether it is new."""


class Outlet(Protocol):
    """The way out to one socket; never waits."""

    def offer(self, payload: bytes, *, is_ephemeral: bool = False) -> bool:
        """Queue an object; False when it was left out, or the socket is being closed as too slow."""

    def close(self, code: int, *, retry_after: float = 0.0) -> None:
        """Say goodbye and close."""


class Gauges(Protocol):
    """What operators see."""

    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None: ...

    def redelivered(self, count: int) -> None: ...

    def caught_up(self, count: int) -> None: ...

    def pressure(self, level: float, state: str) -> None: ...


class ConversationBook(Protocol):
    """Conversations as they are made and listed by requests; runs inside the request's transaction."""

    def active_people(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Return those who may be written to."""

    def open_direct(self, *, one: uuid.UUID, other: uuid.UUID, now: datetime) -> tuple[uuid.UUID, bool]:
        """Return the pair's conversation and whether it was made now."""

    def open_group(
        self, *, owner_id: uuid.UUID, member_ids: Collection[uuid.UUID], title: str, now: datetime
    ) -> uuid.UUID: ...
