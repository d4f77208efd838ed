"""Kafka: the only module that speaks to it.

`KAFKA_BOOTSTRAP_SERVERS` is a list of addresses, or `file:/path` to a file that holds one: the embedded broker has
another port at each start, so the file is read again whenever a client is made.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as RawMessage
from confluent_kafka.admin import AdminClient
from django.conf import settings

from bus.subscriptions import Message

log = structlog.get_logger(__name__)

ACKNOWLEDGE_SECONDS = 15.0
ANSWER_SECONDS = 1.5
Headers = Mapping[str, str] | Sequence[tuple[str, str | bytes | None]]
# Topic, key, value, headers.
Outgoing = tuple[str, str | bytes | None, bytes, Headers]


class KafkaUnavailable(Exception):
    """The brokers don't answer, or not everything was acknowledged in time."""


def bootstrap_servers() -> str:
    """Return the addresses of the brokers as they are now.

    Raises:
        KafkaUnavailable: the address file doesn't exist (yet).
    """
    address = settings.KAFKA_BOOTSTRAP_SERVERS
    if not address.startswith("file:"):
        return str(address)
    try:
        return Path(address.removeprefix("file:")).read_text().strip()
    except OSError as error:
        raise KafkaUnavailable(f"no broker address in {address}") from error


def answers() -> bool:
    """Tell whether a broker answers within a moment."""
    try:
        admin = AdminClient(_common() | {"log_level": 2})
        admin.list_topics(timeout=ANSWER_SECONDS)
    except (KafkaUnavailable, KafkaException):
        return False
    return True


def _common() -> dict[str, Any]:
    return {
        "bootstrap.servers": bootstrap_servers(),
        "client.id": "aquastream",
        "log_level": 3,
        "socket.keepalive.enable": True,
        "topic.metadata.refresh.interval.ms": 10_000,
        "allow.auto.create.topics": True,
        "reconnect.backoff.max.ms": 1_000,
    }


class FactProducer:
    """An idempotent producer: per key in order, without duplicates of its own making."""

    def __init__(self) -> None:
        self._producer = Producer(
            _common()
            | {
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": int(ACKNOWLEDGE_SECONDS * 1000),
                # A call for each message that went well would cost as much as sending it.
                "delivery.report.only.error": True,
                "on_delivery": self._on_failure,
            }
        )
        self._failed: list[str] = []
        try:
            self.cluster_id = self._producer.list_topics(timeout=5).cluster_id or ""
        except KafkaException as error:
            raise KafkaUnavailable(str(error)) from error

    def send_all(self, batch: Iterable[Outgoing]) -> None:
        """Send a batch and wait until every message is acknowledged.

        Raises:
            KafkaUnavailable: not all were acknowledged; make a new producer before the next attempt.
        """
        self._failed = []
        for topic, key, value, headers in batch:
            self._produce(topic, key, value, headers)
        waiting = self._producer.flush(ACKNOWLEDGE_SECONDS)
        if waiting or self._failed:
            reason = self._failed[0] if self._failed else "time-out"
            raise KafkaUnavailable(f"{waiting + len(self._failed)} messages not acknowledged: {reason}")

    def _produce(self, topic: str, key: str | bytes | None, value: bytes, headers: Headers) -> None:
        pairs: list[tuple[str, str | bytes | None]]
        pairs = [*headers.items()] if isinstance(headers, Mapping) else [*headers]
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=pairs)
                return
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise KafkaUnavailable(str(error)) from error

    def _on_failure(self, error: KafkaError | None, message: RawMessage) -> None:
        if error is not None:
            self._failed.append(error.str())


class TopicReader:
    """A member of a consumer group that commits only what its caller has finished."""

    def __init__(self, *, group: str, topic: str) -> None:
        self._fatal: str | None = None
        self._is_held = False
        self._consumer = Consumer(
            _common()
            | {
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "session.timeout.ms": 10_000,
                "error_cb": self._on_error,
            }
        )
        self._consumer.subscribe([topic])

    def poll(self, *, limit: int, seconds: float) -> list[Message]:
        """Return up to `limit` messages.

        Raises:
            KafkaUnavailable: every broker is down; make a new reader.
        """
        raw = self._consumer.consume(num_messages=limit, timeout=seconds)
        if self._fatal:
            raise KafkaUnavailable(self._fatal)
        return [to_message(one) for one in raw if not self._refused(one)]

    def hold(self, *, is_held: bool) -> None:
        """Take nothing more from the brokers, or go on; the group goes on knowing this member either way."""
        if is_held == self._is_held and not is_held:
            return
        assignment = self._consumer.assignment()
        if assignment and is_held:
            # Each time: a rebalance may have brought partitions that aren't paused.
            self._consumer.pause(assignment)
        elif assignment:
            self._consumer.resume(assignment)
        if is_held != self._is_held:
            log.warning("bus.kafka.held", is_held=is_held)
        self._is_held = is_held

    def commit(self, messages: list[Message]) -> None:
        """Move the group's offsets behind these messages.

        Raises:
            KafkaUnavailable: the commit failed; the messages will come again, the inbox knows them.
        """
        last: dict[tuple[str, int], int] = {}
        for message in messages:
            place = (message.topic, message.partition)
            last[place] = max(last.get(place, -1), message.offset)
        offsets = [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            raise KafkaUnavailable(str(error)) from error

    def close(self) -> None:
        """Leave the group."""
        with contextlib.suppress(KafkaException, RuntimeError):
            self._consumer.close()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN or error.fatal():
            self._fatal = error.str()

    @staticmethod
    def _refused(raw: RawMessage) -> bool:
        error = raw.error()
        if error is None:
            return False
        # A topic appears with its first message.
        if error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            log.warning("bus.kafka.read_error", error=error.str())
        return True


def dead_letter_topic(topic: str) -> str:
    """Return where messages of a topic go that can't be worked on."""
    return f"{topic}.dlq"


def to_message(raw: RawMessage) -> Message:
    """Return what consumers see of a message."""
    given: Any = raw.headers() or []
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in given}
    return Message(
        topic=raw.topic() or "",
        partition=raw.partition() or 0,
        offset=raw.offset() or 0,
        key=_bytes(raw.key()).decode("utf-8", "replace"),
        value=_bytes(raw.value()),
        headers=headers,
        id=headers.get("ce_id", ""),
        raw_key=raw.key() if raw.key() is None else _bytes(raw.key()),
        raw_headers=tuple(given),
    )


def _bytes(given: str | bytes | None) -> bytes:
    return given.encode() if isinstance(given, str) else given or b""


def connected_producer(*, is_stopping: "IsStopping") -> Iterator[FactProducer]:
    """Yield a producer, and a new one each time the loop around it comes back after a failure."""
    delay = 0.2
    while not is_stopping():
        try:
            producer = FactProducer()
        except KafkaUnavailable as error:
            log.warning("bus.kafka.unavailable", error=str(error))
            time.sleep(delay)
            delay = min(delay * 2, 5.0)
            continue
        delay = 0.2
        yield producer


class IsStopping:
    """Asked by loops between two steps: has the process been told to stop?"""

    def __init__(self) -> None:
        self._stopping = False

    def stop(self, *_: object) -> None:
        self._stopping = True

    def __call__(self) -> bool:
        return self._stopping
