"""Who reacts to what: handlers of facts, and consumers of Kafka topics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bus.facts import ReceivedFact


@dataclass(frozen=True)
class Handler:
    """A reaction to a fact; runs in a transaction of its own that also marks the delivery done."""

    name: str
    wire_type: str
    schema: Any
    react: Callable[[ReceivedFact], None]
    queue: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A Kafka message; `id` is what the inbox deduplicates by, or '' when the sender gave none.

    Key and headers are read as text; `raw_…` are what the sender has written, whatever it is.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str]
    id: str
    raw_key: bytes | None = None
    raw_headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True)
class TopicConsumer:
    """A reaction to a topic: takes a batch inside one transaction; a batch that fails is tried message by message.

    `knows_repetitions`: it tells them by what the messages say, so that an id in a stranger's header decides nothing.
    """

    name: str
    topic: str
    consume: Callable[[Sequence[Message]], None]
    knows_repetitions: bool = False


class UnreadableMessage(Exception):
    """A consumer can't read this message: it goes to `<topic>.dlq` with the reason."""


class SubscribedTwice(RuntimeError):
    """Two reactions claim one name."""


HANDLERS: dict[str, Handler] = {}
CONSUMERS: dict[str, TopicConsumer] = {}


def handles(wire_type: str, *, schema: Any = dict, queue: str = "critical") -> Callable[..., Any]:
    """Subscribe `on_something(fact: ReceivedFact)` to a wire type; `schema` is the consumer's own view of the payload."""

    def subscribe(react: Callable[[ReceivedFact], None]) -> Callable[[ReceivedFact], None]:
        name = f"{react.__module__.split('.')[0]}.{react.__name__}"
        if name in HANDLERS and HANDLERS[name].react.__module__ != react.__module__:
            raise SubscribedTwice(name)
        HANDLERS[name] = Handler(name, wire_type, schema, react, queue)
        return react

    return subscribe


def consumes(topic: str, *, knows_repetitions: bool = False) -> Callable[..., Any]:
    """Subscribe `consume_something(messages: Sequence[Message])` to a Kafka topic; the group is its name."""

    def subscribe(consume: Callable[[Sequence[Message]], None]) -> Callable[[Sequence[Message]], None]:
        name = f"{consume.__module__.split('.')[0]}.{consume.__name__}"
        CONSUMERS[name] = TopicConsumer(name, topic, consume, knows_repetitions)
        return consume

    return subscribe
