import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bus.models import InboxMessage, RelayCursor
from bus.services.consume_messages import consume_messages
from bus.subscriptions import Message, TopicConsumer, UnreadableMessage

pytestmark = pytest.mark.django_db(transaction=True)


def message(offset: int, *, id: str = "") -> Message:  # noqa: A002  (the field's name)
    return Message(topic="t", partition=0, offset=offset, key="k", value=str(offset).encode(), headers={}, id=id)


class Reader:
    """Keeps a row per message in a table, so that a rollback shows."""

    def __init__(self, *, unreadable: set[int] | None = None) -> None:
        self.unreadable = unreadable or set()
        self.as_consumer = TopicConsumer("tests.reader", "t", self.consume)

    def consume(self, messages: Sequence[Message]) -> None:
        for one in messages:
            RelayCursor.objects.create(name=f"offset-{one.offset}")
            if one.offset in self.unreadable:
                raise UnreadableMessage(f"offset {one.offset} is not JSON")

    @staticmethod
    def effects() -> list[str]:
        return list(RelayCursor.objects.order_by("name").values_list("name", flat=True))


class TestConsumeMessages:
    def test_acts_on_each_message_once_however_often_it_comes(self) -> None:
        reader = Reader()
        batch = [message(1, id="x"), message(2, id="y"), message(3, id="x")]

        consume_messages(consumer=reader.as_consumer, messages=batch)
        consume_messages(consumer=reader.as_consumer, messages=batch)

        assert reader.effects() == ["offset-2", "offset-3"]
        assert InboxMessage.objects.count() == 2

    def test_names_the_unreadable_and_acts_on_the_rest(self) -> None:
        reader = Reader(unreadable={2})

        dead = consume_messages(consumer=reader.as_consumer, messages=[message(1), message(2), message(3)])

        assert [(one.offset, reason) for one, reason in dead] == [(2, "UnreadableMessage: offset 2 is not JSON")]
        assert reader.effects() == ["offset-1", "offset-3"]

    def test_waits_for_another_reader_of_the_same_message_and_buries_nothing(self) -> None:
        first_is_inside, second_may_wait = threading.Event(), threading.Event()

        class Slow(Reader):
            def consume(self, messages: Sequence[Message]) -> None:
                super().consume(messages)
                first_is_inside.set()
                second_may_wait.wait(10)

        def in_a_thread(reader: Reader) -> list[tuple[Message, str]]:
            try:
                return consume_messages(consumer=reader.as_consumer, messages=[message(1, id="x")])
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(in_a_thread, Slow())
            first_is_inside.wait(10)
            second = threads.submit(in_a_thread, Reader())
            wait_until_blocked()
            second_may_wait.set()

        assert (first.result(), second.result()) == ([], [])
        assert Reader.effects() == ["offset-1"]


def wait_until_blocked() -> None:
    """Return once another session of this database waits for a lock."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as sql:
            sql.execute(blocked)
            if sql.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")
