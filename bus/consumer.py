"""The consumer process: one reader per subscription, each in its thread."""

import threading
import time

import structlog
from django.db import InterfaceError, OperationalError, connection

from bus.kafka import FactProducer, IsStopping, KafkaUnavailable, TopicReader, dead_letter_topic
from bus.metrics import MESSAGES_CONSUMED, MESSAGES_DEAD
from bus.pressure import PressureGauge, Valve
from bus.services.consume_messages import consume_messages
from bus.subscriptions import CONSUMERS, Message, TopicConsumer

log = structlog.get_logger(__name__)

BATCH = 500
POLL_SECONDS = 0.1
GROUP_PREFIX = "aquastream."


def run_consumers(*, is_stopping: IsStopping) -> None:
    """Run every subscription until told to stop."""
    threads = [
        threading.Thread(target=_read_forever, args=(consumer, is_stopping), name=consumer.name, daemon=True)
        for consumer in CONSUMERS.values()
    ]
    for thread in threads:
        thread.start()
    while not is_stopping() and all(thread.is_alive() for thread in threads):
        time.sleep(0.2)
    is_stopping.stop()
    for thread in threads:
        thread.join(timeout=20)


def _read_forever(consumer: TopicConsumer, is_stopping: IsStopping) -> None:
    """Read with a new reader after each failure; what wasn't committed comes again and the inbox knows it."""
    gauge, valve = PressureGauge(), Valve()
    while not is_stopping():
        reader = None
        try:
            reader = TopicReader(group=GROUP_PREFIX + consumer.name, topic=consumer.topic)
            while not is_stopping():
                reader.hold(is_held=valve.follow(gauge.level))
                read_once(consumer, reader)
        except (KafkaUnavailable, OperationalError, InterfaceError) as error:
            log.warning("bus.consumer.interrupted", consumer=consumer.name, error=str(error))
            connection.close()
            time.sleep(0.5)
        finally:
            if reader is not None:
                reader.close()


def read_once(consumer: TopicConsumer, reader: TopicReader) -> int:
    """Work through the next messages, move the dead ones aside, and only then commit; return how many there were."""
    messages = reader.poll(limit=BATCH, seconds=POLL_SECONDS)
    if not messages:
        return 0
    dead = consume_messages(consumer=consumer, messages=messages)
    if dead:
        _bury(consumer, dead)
    reader.commit(messages)
    MESSAGES_CONSUMED.labels(consumer=consumer.name).inc(len(messages))
    return len(messages)


def _bury(consumer: TopicConsumer, dead: list[tuple[Message, str]]) -> None:
    """Write messages to the dead-letter topic as they came, with the reason in headers of ours."""
    FactProducer().send_all(
        (
            dead_letter_topic(message.topic),
            message.raw_key,
            message.value,
            _with_reason(message, _reason(consumer, message, reason)),
        )
        for message, reason in dead
    )
    MESSAGES_DEAD.labels(consumer=consumer.name).inc(len(dead))


def _with_reason(message: Message, reason: dict[str, str]) -> list[tuple[str, str | bytes | None]]:
    """Return the sender's headers and ours; one that was buried before has the last reason only."""
    return [*((name, value) for name, value in message.raw_headers if name not in reason), *reason.items()]


def _reason(consumer: TopicConsumer, message: Message, reason: str) -> dict[str, str]:
    place = f"{message.topic}/{message.partition}/{message.offset}"
    return {"x-dead-reason": reason[:1000], "x-dead-consumer": consumer.name, "x-dead-from": place}
