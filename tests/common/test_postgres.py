from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django_prometheus.db import errors_total, execute_total
from psycopg import adapters
from psycopg.postgres import types
from psycopg.pq import Format

LABELS = ("default", "postgresql")


@pytest.fixture
def own(transactional_db: None) -> Iterator[Any]:
    """This thread's connection, open and with its cursor counted."""
    connection.ensure_connection()
    yield connection
    connection.close()


def asked(own: Any) -> int:
    return int(execute_total.labels(*LABELS)._value.get())


def backend(own: Any) -> int:
    with own.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def outside(statement: str, *parameters: object) -> None:
    """Let somebody else say something to the server."""

    def say() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        other.submit(say).result()


class TestIsUsable:
    def test_asks_nothing_of_a_connection_at_rest(self, own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", pytest.fail)

        assert own.is_usable()

    def test_sees_that_the_server_has_ended_the_connection(self, own: Any) -> None:
        outside("SELECT pg_terminate_backend(%s, 5000)", backend(own))

        assert not own.is_usable()

    def test_is_not_deceived_by_a_notification(self, own: Any) -> None:
        with own.cursor() as cursor:
            cursor.execute("LISTEN something")
        outside("SELECT pg_notify('something', '')")

        assert own.is_usable()

    def test_is_not_usable_once_closed(self, own: Any) -> None:
        own.connection.close()

        assert not own.is_usable()


class TestCounting:
    def test_counts_each_statement_once(self, own: Any) -> None:
        before = asked(own)

        backend(own)

        assert asked(own) == before + 1

    def test_counts_statements_given_at_once(self, own: Any) -> None:
        before = asked(own)

        with own.cursor() as cursor:
            cursor.executemany("SELECT %s", [[1], [2], [3]])

        assert asked(own) == before + 3

    def test_counts_an_error_by_its_kind(self, own: Any) -> None:
        kind = errors_total.labels(*LABELS, "UndefinedTable")
        before = kind._value.get()

        with pytest.raises(ProgrammingError), own.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

        assert kind._value.get() == before + 1


class TestTimes:
    def test_come_in_utc_to_the_microsecond_whatever_their_zone_was(self, own: Any) -> None:
        with own.cursor() as cursor:
            cursor.execute("SELECT '2026-03-01 10:00:00.000005+03'::timestamptz, NULL::timestamptz")
            found = cursor.fetchone()

        assert found == (datetime(2026, 3, 1, 7, microsecond=5, tzinfo=UTC), None)
        assert found[0].tzinfo is UTC

    def test_are_read_by_psycopg_itself(self, own: Any) -> None:
        loader = own.connection.adapters.get_loader(types["timestamptz"].oid, Format.TEXT)(types["timestamptz"].oid)

        assert type(loader.load.__self__) is adapters.get_loader(types["timestamptz"].oid, Format.TEXT)

    def test_are_put_into_another_zone_where_one_is_set(self, own: Any) -> None:
        elsewhere = own.copy()
        elsewhere.settings_dict = own.settings_dict | {"TIME_ZONE": "Asia/Tokyo"}

        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT '2026-03-01 10:00:00+00'::timestamptz")
            [found] = cursor.fetchone()
        elsewhere.close()

        assert found.isoformat() == "2026-03-01T19:00:00+09:00"
