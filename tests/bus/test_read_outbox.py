import threading
import time

import pytest
from django.db import connection

from bus.models import RelayCursor
from bus.services.read_outbox import CursorFromTheFuture, ReaderReplaced, become_reader, move_cursor, next_rows
from bus.services.record_fact import record_fact
from common.transactions import use_case
from tests.bus.facts import PotBoiled
from tests.bus.horizon import until_read

pytestmark = pytest.mark.django_db(transaction=True)


def state(*pots: str) -> None:
    with use_case():
        for pot in pots:
            record_fact(PotBoiled(pot_id=pot))


def read(limit: int = 100) -> list[str]:
    """Read the next rows and keep the place, as a relay does."""
    with use_case():
        cursor, _ = RelayCursor.objects.get_or_create(name="test")
        place = cursor.place
        rows = next_rows(cursor, limit=limit)
        if cursor.place != place:
            move_cursor(cursor, moved_from=place)
    return [row.key for row in rows]


def read_all(count: int, *, limit: int = 100) -> list[str]:
    """Read until `count` rows have come."""
    keys: list[str] = []

    def read_more() -> int:
        more = read(limit=limit)
        keys.extend(more)
        return len(more)

    until_read(read_more, count=count)
    return keys


class OtherSession:
    """Another process in the middle of its transaction."""

    def __init__(self, *pots: str) -> None:
        self._written, self._may_commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=pots)
        self._thread.start()
        assert self._written.wait(10)

    def commit(self) -> None:
        self._may_commit.set()
        self._thread.join(10)

    def _run(self, *pots: str) -> None:
        try:
            with use_case():
                for pot in pots:
                    record_fact(PotBoiled(pot_id=pot))
                self._written.set()
                assert self._may_commit.wait(10)
        finally:
            connection.close()


class TestNextRows:
    def test_gives_each_row_once_in_the_order_of_writing(self) -> None:
        state("a", "b")
        state("c")

        assert read_all(3) == ["a", "b", "c"]
        assert read() == []

    def test_goes_on_where_a_small_batch_ended(self) -> None:
        state("a", "b", "c")

        assert [read_all(2, limit=2), read_all(1, limit=2), read(limit=2)] == [["a", "b"], ["c"], []]

    def test_does_not_lose_a_row_that_commits_after_a_later_one(self) -> None:
        slow = OtherSession("slow")
        state("quick")
        early = read()

        slow.commit()

        assert early == []
        assert read_all(2) == ["slow", "quick"]

    def test_reads_what_ended_before_a_transaction_that_still_runs(self) -> None:
        state("before")
        slow = OtherSession("slow")

        assert read_all(1) == ["before"]
        slow.commit()
        assert read_all(1) == ["slow"]

    def test_a_reader_that_was_overtaken_may_not_move_the_place(self) -> None:
        state("a")
        with use_case():
            cursor = RelayCursor.objects.create(name="test")
        place = cursor.place
        with use_case():
            until_read(lambda: len(next_rows(cursor, limit=10)), count=1)
        assert read_all(1) == ["a"]

        with pytest.raises(ReaderReplaced), use_case():
            move_cursor(cursor, moved_from=place)


class TestBecomeReader:
    def test_lets_one_session_at_a_time(self) -> None:
        answers: list[bool] = []

        def ask(attempts: int = 1) -> None:
            # A session ends a moment after its connection was closed.
            while not (became := become_reader("test")) and (attempts := attempts - 1):
                time.sleep(0.05)
            answers.append(became)
            connection.close()

        assert become_reader("test")
        other = threading.Thread(target=ask)
        other.start()
        other.join(10)
        connection.close()
        successor = threading.Thread(target=ask, args=[100])
        successor.start()
        successor.join(10)

        assert answers == [False, True]


class TestAfterARestore:
    def test_says_that_the_place_lies_in_the_future(self) -> None:
        RelayCursor.objects.create(name="test", from_transaction=2**60, to_transaction=2**60)

        with pytest.raises(CursorFromTheFuture):
            read()
