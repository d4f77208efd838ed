"""Message types: each one module with its schema, its stages and its policy."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any, Union

import msgspec

from messaging.domain.parcels import Announcement, Parcel


class OnOverflow(StrEnum):
    """What happens to an object that finds a buffer full."""

    REFUSE = "refuse"  # told so, before anything was promised
    DROP = "drop"  # gone, logged and counted: it is worth nothing a moment later


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How a type behaves under load: the size of its buffers, and what a full one means."""

    on_overflow: OnOverflow
    buffer: int = 2000
    # Who would wait longer than this is refused at once, so that whoever is taken in gets through soon.
    longest_wait_seconds: float = inf
    # The first to go when the node is shedding load.
    is_shed: bool = False


Check = Callable[[Parcel], None]


def accept(parcel: Parcel) -> None:
    """Find nothing wrong beyond the schema."""


def announce_nothing(parcel: Parcel) -> Announcement | None:
    return None


@dataclass(frozen=True, kw_only=True)
class MessageType:
    """A type of message; the core reads this and knows nothing of any type."""

    name: str
    stages: tuple[str, ...]
    policy: Policy
    # None: only the server makes it.
    schema: type[msgspec.Struct] | None = None
    # Stages that a configuration may leave out.
    optional: frozenset[str] = frozenset()
    # In credits, which the user is told of; and in patience (messaging.domain.patience), which nobody notices who means well.
    cost: int = 0
    weight: int = 1
    # Asks only for what a member may read; everything else needs the right to write.
    is_reading: bool = False
    # Raises Refusal for a message that its schema allows and its rules don't; makes the draft of one that is stored.
    check: Check = accept
    # What people's sockets are told when it reaches `deliver`.
    announce: Callable[[Parcel], Announcement | None] = announce_nothing


class TypeDeclaredTwice(Exception):
    """Two types claim one name."""


class Registry:
    """The types that this installation speaks."""

    def __init__(self, types: Iterable[MessageType]) -> None:
        self._types: dict[str, MessageType] = {}
        for one in types:
            if one.name in self._types:
                raise TypeDeclaredTwice(one.name)
            self._types[one.name] = one

    def __iter__(self) -> Iterator[MessageType]:
        return iter(self._types.values())

    def __getitem__(self, name: str) -> MessageType:
        return self._types[name]

    def of(self, message: msgspec.Struct) -> MessageType:
        """Return the type of a decoded object."""
        return self._types[str(message.__struct_config__.tag)]

    def decoder(self, *others: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
        """Return a decoder of everything a client may send: the types' schemas and `others`."""
        schemas = [one.schema for one in self._types.values() if one.schema is not None]
        return msgspec.json.Decoder(Union[(*schemas, *others)])
