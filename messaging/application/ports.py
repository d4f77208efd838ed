"""What the messenger needs from the world. `messaging.wiring` says who provides it.

An adapter raises PortUnavailable when what stands behind it doesn't answer.
"""

import uuid
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from messaging.domain.conversations import Card
from messaging.domain.credits import Allowance, Grant
from messaging.domain.drafts import Draft
from messaging.domain.files import Slot, StoredFile
from messaging.domain.parcels import Delivery, Stored
from messaging.domain.types.upload import Upload

MessageKey = tuple[uuid.UUID, uuid.UUID]  # sender, id


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a socket was opened with: a token by its id, or a session by its key, which is a secret."""

    user_id: uuid.UUID
    kind: str
    key: str = field(repr=False)


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

    def forget(self, conversation_ids: Collection[uuid.UUID]) -> None:
        """Remember nothing of conversations that have changed, nor of who knows whom."""

    async def heads(self, user_id: uuid.UUID, *, position: str | None, limit: int) -> HeadList:
        """Return the user's conversations, or those that changed since the position."""

    async def hidden(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Return who of them doesn't show whether they are there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many members of a conversation have its last message, and how many have read it."""

    conversation_id: uuid.UUID
    seq: int
    delivered_count: int
    read_count: int


class Cursors(Protocol):
    """How far each member has got."""

    async def advance(self, advances: Sequence[Advance]) -> list[Advance]:
        """Move cursors forwards, never beyond the last message; return the new places of those that moved."""

    async def progress(self, conversation_ids: Collection[uuid.UUID]) -> list[Progress]:
        """Count those who have got as far as the last message, who has written it among them."""


@dataclass(frozen=True, slots=True)
class SystemOrder:
    """Something to tell these people's sockets."""

    user_ids: Sequence[uuid.UUID]
    code: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """What was committed, as far as a node has to know."""

    committed: Sequence[Committed] = ()
    # Conversations whose members or rights are others now.
    changed: Sequence[uuid.UUID] = ()
    # People of whose sign-ins one at least has ended.
    signed_out: Sequence[uuid.UUID] = ()
    orders: Sequence[SystemOrder] = ()


class CommitLog(Protocol):
    """The outbox, read as the safety net of delivery."""

    async def news(self) -> News:
        """Return what was committed between the last two calls, complete and in order."""


class SignIns(Protocol):
    """What sockets are opened with, and whether it still holds."""

    async def opened_by(self, token: str) -> SignIn | None:
        """Return the sign-in of the active user whose token this is, if it may read and write."""

    async def still_valid(self, sign_ins: Collection[SignIn]) -> set[SignIn]: ...


class CreditBank(Protocol):
    """Everybody's credits."""

    async def spend(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> dict[uuid.UUID, Grant]:
        """Take up to so many credits from each user."""

    async def refund(self, amounts: Mapping[uuid.UUID, int], allowance: Allowance) -> None:
        """Put credits back."""

    async def left(self, user_id: uuid.UUID, allowance: Allowance) -> int:
        """Return what the user may spend now."""

    async def grant(self, user_id: uuid.UUID, amount: int, allowance: Allowance) -> None:
        """Give credits beyond the capacity: spent last, never refilled."""


class Presence(Protocol):
    """On which nodes people have a socket."""

    async def arrive(self, user_id: uuid.UUID) -> None: ...

    async def leave(self, user_id: uuid.UUID) -> None: ...

    async def renew(self, user_ids: Collection[uuid.UUID]) -> None:
        """Say that they are still there: what isn't renewed ends by itself."""

    async def nodes_of(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]: ...

    async def last_seen(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
        """Return when they were last there, of those of whom it is remembered."""


Arrive = Callable[[Sequence[Delivery]], Awaitable[None]]
Ring = Callable[[], Awaitable[None]]


class Nodes(Protocol):
    """The other chat nodes. `is_listening` tells whether they can reach this one at the moment."""

    is_listening: bool

    async def publish(self, deliveries: Mapping[str, Sequence[Delivery]]) -> None:
        """Send one batch per node, at most once."""

    async def listen(self, arrive: Arrive, ring: Ring) -> None:
        """Give on what other nodes send to this one, and that somebody rang for all nodes, until cancelled."""


class RecentMessages(Protocol):
    """The ring of recent messages: what most reconnecting clients need."""

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None: ...

    async def forget(self, places: Sequence[tuple[uuid.UUID, int]]) -> None:
        """Let go of messages that have changed: the store knows them better."""

    async def drop(self, conversation_ids: Collection[uuid.UUID]) -> None:
        """Let go of all of these conversations: something in them is to be seen by nobody any more."""

    async def after(self, conversation_id: uuid.UUID, seq: int, *, limit: int) -> list[tuple[int, bytes]] | None:
        """Return all messages after `seq`, without a hole; None when the ring doesn't know."""


class SignalMemory(Protocol):
    """Which signals were seen in the last minute."""

    async def claim(self, keys: Sequence[MessageKey]) -> list[bool]:
        """Return for each key whether it is new."""


class PressureBoard(Protocol):
    """Where nodes show each other, and whoever feeds them, how loaded they are."""

    async def share(self, level: float) -> float:
        """Show the own pressure for some seconds; return the highest of all."""

    async def leave(self) -> None: ...


class Monitor(Protocol):
    """Facts about the nodes themselves, for operators."""

    async def tell(self, what: str, figures: Mapping[str, float], **more: str) -> None: ...


class Slots(Protocol):
    """Places for files."""

    async def reserve(self, user_id: uuid.UUID, asked: Upload) -> tuple[Slot, datetime] | Rejected:
        """Return the slot of this action and until when it holds; the same each time."""


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """Where a file is sent, how, and with which fields before it."""

    method: str
    url: str
    fields: Mapping[str, str]


class UploadDoor(Protocol):
    """Where files are sent to. Signing needs no network."""

    def upload_target(self, slot: Slot) -> UploadTarget: ...


class Storage(Protocol):
    """Where files lie. An address to upload to holds for a while, so what lies at its key may be replaced at any time."""

    def take(self, key: str) -> str | None:
        """Copy an upload to a new key that no address leads to, and return that; None when there is no upload."""

    def stored(self, key: str) -> StoredFile | None:
        """Return what is there: its size, its hash, its first bytes, and the token that came with it."""

    def chunks(self, key: str) -> Iterator[bytes]: ...

    def write(self, key: str, content: bytes) -> None: ...

    def tidy(self, key: str, *, kept: str | None) -> None:
        """Remove the upload and everything whose key begins so, except `kept` and what belongs to it."""


class Outlet(Protocol):
    """The way out to one socket; never waits."""

    @property
    def is_closing(self) -> bool:
        """Nothing that is offered goes out any more."""

    def offer(self, payload: bytes, *, is_ephemeral: bool = False) -> bool:
        """Queue an object; False when it was left out, or the socket is being closed as too slow."""

    def close(self, code: int, *, retry_after: float = 0.0) -> None:
        """Say goodbye and close."""


# A growing version, and the value as JSON.
TopicValue = tuple[int, bytes]


class TopicSource(Protocol):
    """The values of topics."""

    def knows(self, name: str) -> bool:
        """Tell whether there is such a topic, for everybody."""

    async def read(self, name: str) -> TopicValue | None:
        """Return the present value, or None while there is none.

        Raises:
            PortUnavailable: the store doesn't answer.
        """


class TopicBells(Protocol):
    """Who says that a topic's value may have changed."""

    async def listen(self, ring: Callable[[str], None]) -> None:
        """Give on the names of topics, until cancelled; what is lost is looked at later."""


class Gauges(Protocol):
    """What operators see."""

    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None: ...

    def redelivered(self, count: int) -> None: ...

    def caught_up(self, count: int) -> None: ...

    def pressure(self, level: float, state: str) -> None: ...


class People(Protocol):
    """Who may be written to; runs inside the request's transaction."""

    def active_people(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Return those who may be written to."""

    def person_of(self, handle: str) -> uuid.UUID | None:
        """Return whose exact handle this is."""

    def are_close(self, one: uuid.UUID, other: uuid.UUID) -> bool:
        """Tell whether they share an event, or one deals with the other's organizer."""

    def strangers_to(self, one: uuid.UUID, others: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Return those whom nothing joins with `one`, not even an accepted conversation, or who have blocked the other."""


class ConversationBook(People, Protocol):
    """Conversations as they are made by requests; runs inside the request's transaction."""

    def open_direct(
        self, *, one: uuid.UUID, other: uuid.UUID, is_request: bool, now: datetime
    ) -> tuple[uuid.UUID, bool]:
        """Return the pair's conversation and whether it was made now, on the request of the first."""

    def open_group(
        self, *, owner_id: uuid.UUID, member_ids: Collection[uuid.UUID], title: str, now: datetime
    ) -> uuid.UUID: ...

    def open_support(self, *, user_id: uuid.UUID, now: datetime) -> tuple[uuid.UUID, bool]:
        """Return the user's conversation with support and whether it was made now."""


class Rooms(Protocol):
    """Conversations as requests change them; each change makes a new `members_version` and is told to the nodes."""

    def locked(self, conversation_id: uuid.UUID) -> Card | None:
        """Return a conversation under its lock."""

    def put_in(self, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, role: str, now: datetime) -> None:
        """Make people members; who was there before keeps what was read."""

    def take_out(
        self, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, is_banned: bool, now: datetime
    ) -> None:
        """End memberships."""

    def write(self, conversation_id: uuid.UUID, **fields: object) -> None:
        """Change the conversation itself."""

    def mark(self, conversation_id: uuid.UUID, user_id: uuid.UUID, **fields: object) -> None:
        """Change one membership."""


class Invitations(Protocol):
    """Links that open groups."""

    def opened_by(self, invitation: str) -> uuid.UUID | None: ...

    def is_banned(self, conversation_id: uuid.UUID, user_id: uuid.UUID) -> bool:
        """Tell whether a leader has removed this person."""
