"""What a test has committed is taken back."""

from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from audit.services.record_entry import record_entry
from tests.factories.accounts import make_organizer
from tests.pristine import Pristine


@pytest.fixture
def database(transactional_db: None) -> Iterator[psycopg.Connection]:
    parameters = connection.get_connection_params()
    known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    with psycopg.connect(**known, autocommit=True) as own:
        yield own


class TestPristine:
    def test_takes_back_rows_that_came_that_changed_and_that_went(self, database: psycopg.Connection) -> None:
        before, pristine = Pristine.of(database).rows, Pristine.of(database)
        make_organizer()
        Group.objects.order_by("pk")[0].delete()
        Group.objects.filter(pk=Group.objects.order_by("pk")[0].pk).update(name="changed")

        assert Pristine.of(database).rows.keys() != before.keys()
        assert pristine.restore(database)
        assert {name: sorted(rows) for name, rows in Pristine.of(database).rows.items()} == {
            name: sorted(rows) for name, rows in before.items()
        }

    def test_takes_back_what_else_refuses_to_be_forgotten_and_refuses_again(self, database: psycopg.Connection) -> None:
        pristine = Pristine.of(database)
        for _ in range(2):
            with transaction.atomic():
                record_entry(actor_id=None, action="a.b", target_type="a.b", target_id="1", changes={})

            assert pristine.restore(database)
            assert not AuditEntry.objects.exists()

        with transaction.atomic():
            record_entry(actor_id=None, action="a.b", target_type="a.b", target_id="1", changes={})
        with pytest.raises(DatabaseError, match="append-only"):
            AuditEntry.objects.all().delete()

    @pytest.mark.parametrize(
        "change",
        [
            "ALTER TABLE audit_auditseal ADD COLUMN more integer",
            "CREATE TABLE another (id integer)",
            "ALTER TABLE audit_auditentry DISABLE TRIGGER USER",
            "DROP INDEX events_event_clock",
        ],
    )
    def test_says_that_more_than_rows_has_changed(self, database: psycopg.Connection, change: str) -> None:
        pristine = Pristine.of(database)
        database.execute(change)

        assert not pristine.restore(database)
