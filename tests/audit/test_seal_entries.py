"""The chain: sealing, and finding what was tampered with."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import AuditEntry, AuditSeal
from audit.seal_digest import GENESIS
from audit.services.record_entry import record_entry
from audit.services.seal_entries import ChainFromTheFuture, seal_entries
from audit.services.verify_chain import ChainState, verify_chain
from audit.tasks import seal_entries_task
from common.transactions import use_case

pytestmark = pytest.mark.django_db(transaction=True)


def record(action: str = "events.cancel", target_id: str = "1") -> None:
    with use_case():
        record_entry(
            actor_id=None,
            action=action,
            target_type="events.event",
            target_id=target_id,
            changes={"status": ["published", "cancelled"]},
        )


def seal() -> AuditSeal | None:
    with use_case():
        return seal_entries()


def verify() -> str:
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    return out.getvalue()


@contextmanager
def tampering() -> Iterator[None]:
    """What only the owner of the tables can do: switch the triggers off."""
    with connection.cursor() as sql:
        sql.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_entry_append_only")
        sql.execute("ALTER TABLE audit_auditseal DISABLE TRIGGER audit_seal_append_only")
        yield
        sql.execute("ALTER TABLE audit_auditentry ENABLE ALWAYS TRIGGER audit_entry_append_only")
        sql.execute("ALTER TABLE audit_auditseal ENABLE ALWAYS TRIGGER audit_seal_append_only")


class TestSealEntries:
    def test_covers_what_was_committed_since_the_last_seal(self) -> None:
        record()
        record()
        first = seal()
        record()

        second = seal()

        assert first is not None
        assert second is not None
        assert (first.number, first.entry_count, first.previous_digest) == (1, 2, GENESIS)
        assert (second.number, second.entry_count, second.previous_digest) == (2, 1, first.digest)
        assert second.from_transaction == first.to_transaction

    def test_seals_nothing_twice(self) -> None:
        record()
        seal()

        assert seal() is None
        assert AuditSeal.objects.count() == 1

    def test_leaves_an_uncommitted_entry_and_all_after_it_to_a_later_seal(self) -> None:
        record(target_id="before")
        with _other_session() as other:
            other.execute("INSERT INTO audit_auditentry (action, target_type, target_id, changes, reason, request_id)"
                          " VALUES ('a.slow', 'a.b', 'slow', '{}', '', '')")  # fmt: skip
            record(target_id="after")
            first = seal()
            other.commit()

        second = seal()

        assert first is not None
        assert second is not None
        assert (first.entry_count, second.entry_count) == (1, 2)
        assert "2 seals over 3 entries" in verify()

    def test_makes_no_empty_seal_while_an_older_transaction_runs(self) -> None:
        with _other_session() as other:
            other.execute("SELECT pg_current_xact_id()")
            record()

            assert seal() is None

    def test_leaves_the_work_to_the_process_that_is_sealing(self) -> None:
        record()
        with _other_session() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [0x5EA1])

            assert seal() is None

    def test_refuses_a_chain_that_is_ahead_of_the_server(self) -> None:
        AuditSeal.objects.create(
            number=1,
            from_transaction=0,
            to_transaction=2**60,
            entry_count=0,
            previous_digest=GENESIS,
            digest="a" * 64,
        )
        record()

        with pytest.raises(ChainFromTheFuture):
            seal()

    def test_is_done_by_the_clock(self) -> None:
        record()

        seal_entries_task(some_later_argument=1)

        assert AuditSeal.objects.count() == 1


class TestVerifyAudit:
    def test_finds_an_empty_log_whole(self) -> None:
        with use_case():
            state = verify_chain()

        assert state == ChainState(seals=0, entries=0, head=GENESIS)

    def test_finds_an_untouched_chain_whole(self) -> None:
        record()
        seal()
        record()
        last = seal()

        assert last is not None
        assert verify() == f"The chain holds: 2 seals over 2 entries, head {last.digest}\n"

    def test_names_the_first_seal_over_a_changed_entry(self) -> None:
        for number in range(3):
            record(target_id=str(number))
            seal()
        with tampering():
            AuditEntry.objects.filter(target_id__in=["1", "2"]).update(reason="It was somebody else.")

        with pytest.raises(CommandError, match="seal 2: an entry that it covers was changed") as failure:
            verify()

        assert failure.value.returncode == 1

    def test_finds_a_removed_entry(self) -> None:
        record()
        record()
        seal()
        with tampering():
            AuditEntry.objects.earliest("id").delete()

        with pytest.raises(CommandError, match="seal 1: covers 2 entries, 1 are there"):
            verify()

    def test_finds_an_entry_slipped_in_later(self) -> None:
        record()
        sealed = seal()
        assert sealed is not None
        AuditEntry.objects.create(
            transaction_id=sealed.to_transaction - 1, action="a.forged", target_type="a.b", target_id="1"
        )

        with pytest.raises(CommandError, match="seal 1: covers 1 entries, 2 are there"):
            verify()

    def test_finds_a_removed_seal(self) -> None:
        for _ in range(3):
            record()
            seal()
        with tampering():
            AuditSeal.objects.filter(number=2).delete()

        with pytest.raises(CommandError, match="seal 3: seal 2 is missing"):
            verify()

    def test_finds_a_seal_made_anew_over_changed_entries(self) -> None:
        record()
        seal()
        record()
        seal()
        with tampering():
            AuditSeal.objects.filter(number=1).update(digest="b" * 64)

        with pytest.raises(CommandError, match="seal 1: an entry that it covers was changed"):
            verify()


@contextmanager
def _other_session() -> Iterator[psycopg.Connection]:
    parameters = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in ("dbname", "user", "password", "host", "port")
    }
    with psycopg.connect(**parameters) as other:
        yield other
