"""Facts: what happened, stated once, in the past tense.

A fact is a frozen dataclass of primitives with a versioned wire type. Changing its meaning makes a new version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec


class Fact:
    """Base of all facts; subclasses are declared with `@states`."""

    wire_type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str]

    @property
    def key(self) -> str:
        """The aggregate's id: facts with the same key keep their order."""
        return str(getattr(self, self.key_field))


@dataclass(frozen=True, kw_only=True)
class ReceivedFact:
    """A fact as its consumers see it; `data` is its payload, parsed by the consumer's own schema if it gave one."""

    id: str
    type: str
    key: str
    occurred_at: datetime
    data: Any


# Kafka refuses messages of 1 MB by default, and a refused one would hold up every fact after it; the envelope, the key
# and the headers need some of that.
LARGEST_PAYLOAD_BYTES = 900_000

STATED: dict[str, type[Fact]] = {}
F = TypeVar("F", bound=type[Fact])


class FactDeclaredTwice(RuntimeError):
    """Two classes claim one wire type."""


class FactTooLarge(RuntimeError):
    """A fact that Kafka wouldn't take: it names what happened, documents stay where they are."""


def states(wire_type: str, *, key: str, topic: str | None = None) -> Callable[[F], F]:
    """Declare a fact: `@states("bookings.booking.confirmed.v1", key="booking_id")` above a frozen dataclass.

    The Kafka topic is the aggregate, the first two words of the wire type, unless a contract names another.
    """

    def declare(fact: F) -> F:
        if STATED.get(wire_type, fact).__qualname__ != fact.__qualname__:
            raise FactDeclaredTwice(wire_type)
        fact.wire_type = wire_type
        fact.topic = topic or ".".join(wire_type.split(".")[:2])
        fact.key_field = key
        STATED[wire_type] = fact
        return fact

    return declare


def payload_of(fact: Fact) -> str:
    """Return the fact's fields as JSON (decimals and ids as strings, times in RFC 3339).

    Raises:
        FactTooLarge
    """
    payload = msgspec.json.encode(fact)
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise FactTooLarge(f"{fact.wire_type} {fact.key}: {len(payload)} bytes, at most {LARGEST_PAYLOAD_BYTES}")
    return payload.decode()
