"""The database itself keeps the log."""

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db

TABLES = ["audit_auditentry", "audit_auditseal"]


class TestTheLog:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}"])
    def test_refuses_to_forget(self, table: str, statement: str) -> None:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as sql:
            sql.execute(statement.format(table))

    def test_refuses_to_change_an_entry(self) -> None:
        entry = AuditEntry.objects.create(action="events.cancel", target_type="events.event", target_id="1")

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            AuditEntry.objects.filter(pk=entry.pk).update(action="events.publish")

    def test_refuses_to_change_a_seal(self) -> None:
        make_seal(number=1)

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            AuditSeal.objects.filter(number=1).update(digest="f" * 64)

    def test_refuses_an_update_in_replication_mode(self) -> None:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as sql:
            sql.execute("SET LOCAL session_replication_role = replica")
            sql.execute("UPDATE audit_auditentry SET reason = ''")


class TestConstraints:
    def test_an_entry_names_its_action(self) -> None:
        with pytest.raises(IntegrityError, match="audit_entry_names_its_action"):
            AuditEntry.objects.create(action="", target_type="events.event", target_id="1")

    def test_an_entry_names_its_target(self) -> None:
        with pytest.raises(IntegrityError, match="audit_entry_names_its_target"):
            AuditEntry.objects.create(action="events.cancel", target_type="events.event", target_id="")

    def test_a_window_runs_forwards(self) -> None:
        with pytest.raises(IntegrityError, match="audit_seal_window_forwards"):
            make_seal(number=1, from_transaction=5, to_transaction=5)

    def test_two_seals_do_not_begin_at_the_same_place(self) -> None:
        make_seal(number=1)

        with pytest.raises(IntegrityError, match="audit_seal_window_once"):
            make_seal(number=2, previous_digest="1" * 64)

    def test_the_chain_never_forks(self) -> None:
        make_seal(number=1)

        with pytest.raises(IntegrityError, match="audit_seal_chain_has_no_fork"):
            make_seal(number=2, from_transaction=9, to_transaction=10)


def make_seal(**fields: object) -> AuditSeal:
    defaults = {"from_transaction": 0, "to_transaction": 9, "entry_count": 0, "previous_digest": "0" * 64}
    return AuditSeal.objects.create(**{"digest": "a" * 64, **defaults, **fields})
