"""Let a consumer act on Kafka messages: each once, in the transaction that also notes it in the inbox."""

from collections.abc import Sequence

import structlog
from django.db import InterfaceError, OperationalError, connection

from bus.subscriptions import Message, TopicConsumer, UnreadableMessage
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

NOTE_SQL = """
    INSERT INTO bus_inboxmessage (consumer, message_id) SELECT %s, unnest(%s::text[])
    ON CONFLICT (consumer, message_id) DO NOTHING RETURNING message_id
"""


def consume_messages(*, consumer: TopicConsumer, messages: Sequence[Message]) -> list[tuple[Message, str]]:
    """Work through a batch; a batch that fails is tried again message by message.

    Returns:
        The messages that can't be worked on, with the reason: the caller moves them to the dead-letter topic.

    Raises:
        OperationalError, InterfaceError: the database is away; nothing may be skipped, try the batch again.
    """
    try:
        with use_case():
            _consume(consumer, messages)
        return []
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(messages) == 1:
            _log_refusal(consumer, messages[0], error)
            return [(messages[0], f"{type(error).__name__}: {error}")]
    return [dead for message in messages for dead in consume_messages(consumer=consumer, messages=[message])]


@requires_transaction
def _consume(consumer: TopicConsumer, messages: Sequence[Message]) -> None:
    fresh = messages if consumer.knows_repetitions else _note_in_inbox(consumer.name, messages)
    if fresh:
        consumer.consume(fresh)


def _note_in_inbox(consumer_name: str, messages: Sequence[Message]) -> list[Message]:
    """Return the messages that this consumer has not seen; one without an id always counts as new.

    While a group is rebalanced two readers may hold the same message: the second waits here for the first, and finds
    the message done, or not yet.
    """
    with_id = {message.id: message for message in messages if message.id}
    with connection.cursor() as sql:
        # In one order, so that two batches don't wait for each other.
        sql.execute(NOTE_SQL, [consumer_name, sorted(with_id)])
        fresh = {message_id for (message_id,) in sql.fetchall()}
    return [
        message for message in messages if not message.id or (message.id in fresh and with_id[message.id] is message)
    ]


def _log_refusal(consumer: TopicConsumer, message: Message, error: Exception) -> None:
    where = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
    if isinstance(error, UnreadableMessage):
        log.warning("bus.message.unreadable", consumer=consumer.name, reason=str(error), **where)
    else:
        log.error("bus.message.failed", consumer=consumer.name, exc_info=error, **where)
