"""The objects of `aquastream.chat.v1` that the server sends, and those of a client that don't go through a pipeline.

The other objects of clients stand with their types in `messaging.domain.types`.
"""

import uuid
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

encode = msgspec.json.Encoder(uuid_format="canonical").encode


class Hello(Struct, tag="hello", frozen=True):
    """The first object of a client. `position` is the one of the last `welcome`, to be told only what changed."""

    device: uuid.UUID
    position: Annotated[str, Meta(max_length=40)] | None = None


class Pong(Struct, tag="pong", frozen=True):
    """The answer to `ping`."""


class Subscribe(Struct, tag="subscribe", frozen=True):
    """Follow live values; also without a sign-in."""

    topics: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(min_length=1, max_length=50)]


class Unsubscribe(Struct, tag="unsubscribe", frozen=True):
    """Follow them no longer."""

    topics: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(min_length=1, max_length=50)]


class Limits(Struct, frozen=True):
    frame_bytes: int
    object_bytes: int
    frame_objects: int
    text_characters: int


class Credits(Struct, tag="credits", frozen=True):
    """What the user may still send, and when more comes."""

    left: int
    capacity: int
    refill_seconds: int


class Welcome(Struct, tag="welcome", frozen=True):
    session: uuid.UUID
    user: uuid.UUID
    position: str
    resumed: bool
    credits: Credits
    limits: Limits
    heartbeat: int
    state: str


class Heads(Struct, tag="heads", frozen=True):
    """[conversation, epoch, last seq, the user's read seq] of each conversation (after a resume: of each changed one)."""

    heads: list[tuple[uuid.UUID, int, int, int]]


class Ack(Struct, tag="ack", frozen=True):
    """The message is stored for ever; sent after the commit."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: int
    at: datetime
    duplicate: bool


class SignalAck(Struct, tag="ack", frozen=True):
    """The signal was taken on; it is stored nowhere."""

    id: uuid.UUID
    call: uuid.UUID
    duplicate: bool = False


class Nack(Struct, tag="nack", frozen=True, omit_defaults=True):
    """The object was refused; the same `id` may be sent again after `retry_after` seconds, if that is given."""

    code: str
    id: uuid.UUID | None = None
    retry_after: float | None = None
    credits: int | None = None
    # Of an object that has one instead of an id: `history`.
    request: str | None = None


class ChatMessage(Struct, tag="message", frozen=True, omit_defaults=True):
    """A message of a conversation, as live as from history."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: int
    sender: uuid.UUID
    kind: str
    body: msgspec.Raw
    at: datetime
    reply_to: int | None = None
    # Of an edit, a deletion or a reaction: the message that it is about.
    refers_to: int | None = None
    # What has become of it, as far as it is known when it is read from the store.
    edited_at: datetime | None = None
    deleted: bool = False
    # {emoji: [user, …]}
    reactions: msgspec.Raw | None = None


class ReceiptCounts(Struct, tag="receipt", frozen=True):
    """Of a large conversation: how many members have got as far as its last message."""

    conversation: uuid.UUID
    seq: int
    delivered_count: int
    read_count: int


class Receipt(Struct, tag="receipt", frozen=True):
    """How far a member has got: cumulative."""

    conversation: uuid.UUID
    user: uuid.UUID
    delivered: int
    read: int


class Page(Struct, tag="page", frozen=True):
    """Messages in the order of `seq`; `more` in the direction that was asked for."""

    request: str
    conversation: uuid.UUID
    messages: list[msgspec.Raw]
    more: bool


class SlotNotice(Struct, tag="slot", frozen=True):
    """Where to upload the file that was asked for: PUT it there, or POST a form with these fields before the file."""

    request: str
    id: uuid.UUID
    attachment: uuid.UUID
    method: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


class TypingNotice(Struct, tag="typing", frozen=True):
    conversation: uuid.UUID
    user: uuid.UUID


class SignalNotice(Struct, tag="signal", frozen=True):
    id: uuid.UUID
    sender: uuid.UUID
    call: uuid.UUID
    n: int
    body: msgspec.Raw


class PresenceNotice(Struct, tag="presence", frozen=True, omit_defaults=True):
    """Of somebody who shows it; `last_seen` of who isn't there, as far as it is remembered."""

    user: uuid.UUID
    online: bool
    last_seen: datetime | None = None


class System(Struct, tag="system", frozen=True, omit_defaults=True):
    """Something about the service itself: `pressure` with the state of the node."""

    code: str
    data: dict[str, Any] = {}


class Topic(Struct, tag="topic", frozen=True):
    """A live value: of two with one name, the larger version is the later."""

    name: str
    version: int
    data: msgspec.Raw


class Ping(Struct, tag="ping", frozen=True):
    """Answer with `pong`."""


class Bye(Struct, tag="bye", frozen=True):
    """The socket is about to be closed with this code; come back after `retry_after` seconds."""

    code: int
    retry_after: float
