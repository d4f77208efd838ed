from contextlib import suppress

import pytest
from django.db import IntegrityError, InternalError, OperationalError, ProgrammingError, connection

from bus.models import Delivery, InboxMessage, RelayCursor
from common.encryption import decrypt, encrypt
from common.problems import NotAllowed
from common.statements import prepared_cursor
from common.transactions import (
    NoTransaction,
    requires_transaction,
    run_alone,
    run_last,
    run_last_together,
    use_case,
    violations,
)

pytestmark = pytest.mark.django_db


@requires_transaction
def step() -> str:
    return "done"


class TestRequiresTransaction:
    def test_runs_inside_a_use_case(self) -> None:
        with use_case():
            assert step() == "done"

    def test_refuses_to_run_outside_one(self) -> None:
        with pytest.raises(NoTransaction):
            step()


class TestUseCase:
    @pytest.mark.django_db(transaction=True)
    def test_takes_a_database_without_writes_for_one_that_is_away(self) -> None:
        with pytest.raises(OperationalError), use_case():
            connection.cursor().execute("SET TRANSACTION READ ONLY")
            InboxMessage.objects.create(consumer="any", message_id="1")

    @pytest.mark.django_db(transaction=True)
    def test_leaves_another_internal_error_what_it_is(self) -> None:
        with pytest.raises(InternalError), use_case():
            with connection.cursor() as cursor, suppress(ProgrammingError):
                cursor.execute("SELECT nothing_of_that_name")
            InboxMessage.objects.create(consumer="any", message_id="1")

    def test_refuses_to_be_nested(self) -> None:
        with use_case(), pytest.raises(RuntimeError), use_case():
            pass


def note(items: list[str]) -> None:
    noted.append(items)


noted: list[list[str]] = []


class TestRunLastTogether:
    def test_gives_all_items_to_one_step_in_the_place_of_the_first(self) -> None:
        noted.clear()

        with use_case():
            run_last(lambda: note(["before"]))
            run_last_together(note, "one")
            run_last(lambda: note(["after"]))
            run_last_together(note, "two")
            assert noted == []

        assert noted == [["before"], ["one", "two"], ["after"]]

    def test_forgets_the_items_of_a_use_case_that_failed(self) -> None:
        noted.clear()
        with suppress(NotAllowed), use_case():
            run_last_together(note, "lost")
            raise NotAllowed

        with use_case():
            run_last_together(note, "kept")

        assert noted == [["kept"]]

    def test_refuses_to_be_called_outside_one(self) -> None:
        with pytest.raises(NoTransaction):
            run_last_together(note, "lost")


class TestRunAlone:
    def test_refuses_to_run_inside_a_use_case(self) -> None:
        with use_case(), pytest.raises(NoTransaction):
            run_alone(lambda: None)

    @pytest.mark.django_db(transaction=True)
    def test_commits_by_itself(self) -> None:
        run_alone(lambda: InboxMessage.objects.create(consumer="any", message_id="1"))

        assert not connection.in_atomic_block
        assert InboxMessage.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_takes_a_database_without_writes_for_one_that_is_away(self) -> None:
        connection.cursor().execute("SET default_transaction_read_only = on")

        with pytest.raises(OperationalError), prepared_cursor() as sql:
            run_alone(lambda: sql.execute("INSERT INTO bus_inboxmessage (consumer, message_id) VALUES ('a', 'b')"))

    @pytest.mark.django_db(transaction=True)
    def test_runs_again_where_the_connection_has_died(self) -> None:
        connection.ensure_connection()
        dead = connection.connection
        with connection.copy().cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [dead.info.backend_pid])
            other.connection.close()

        def ask() -> int:
            with prepared_cursor() as sql:
                return int(sql.execute("SELECT 7").fetchone()[0])

        assert run_alone(ask) == 7
        assert connection.connection is not dead

    def test_gives_up_what_fails_for_another_reason(self) -> None:
        tries: list[int] = []

        def fail() -> None:
            tries.append(1)
            raise OperationalError("the disk is full")

        with pytest.raises(OperationalError):
            run_alone(fail)
        assert len(tries) == 1


class TestPreparedCursor:
    def test_lets_postgresql_parse_a_statement_once(self) -> None:
        for number in range(3):
            with prepared_cursor() as sql:
                assert sql.execute("SELECT %s::int AS only_here", [number]).fetchone() == (number,)

        with connection.cursor() as sql:
            sql.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int AS only_here'"
            )
            assert sql.fetchone() == (1,)


class TestViolations:
    def test_turns_a_constraint_into_its_error_by_name(self) -> None:
        with (
            pytest.raises(NotAllowed),
            use_case(),
            violations({"bus_inbox_one_per_consumer_and_message": NotAllowed}),
        ):
            for _ in range(2):
                InboxMessage.objects.create(consumer="c", message_id="m")

    def test_lets_any_other_violation_through(self) -> None:
        with pytest.raises(IntegrityError), use_case(), violations({"another": NotAllowed}):
            for _ in range(2):
                InboxMessage.objects.create(consumer="c", message_id="m")


class TestConstraints:
    def test_a_window_never_runs_backwards(self) -> None:
        with pytest.raises(IntegrityError, match="bus_relay_cursor_window_forwards"), use_case():
            RelayCursor.objects.create(name="x", from_transaction=2, to_transaction=1)

    def test_a_handler_gets_a_fact_once(self) -> None:
        fact = "01890000-0000-7000-8000-000000000001"
        with pytest.raises(IntegrityError, match="bus_delivery_one_per_handler_and_fact"), use_case():
            for _ in range(2):
                Delivery.objects.create(handler="h", fact_id=fact, outbox_id=1, key="k")

    def test_a_delivery_is_finished_exactly_when_not_pending(self) -> None:
        fact = "01890000-0000-7000-8000-000000000002"
        with pytest.raises(IntegrityError, match="bus_delivery_finished_with_status"), use_case():
            Delivery.objects.create(handler="h", fact_id=fact, outbox_id=1, key="k", status="done")


class TestEncryption:
    def test_a_secret_is_read_back_and_not_stored_in_the_clear(self) -> None:
        cipher = encrypt("whsec_secret")

        assert "secret" not in cipher
        assert decrypt(cipher) == "whsec_secret"


def test_the_connection_is_postgresql_18() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 180000
