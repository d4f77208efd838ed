"""Writing down a critical operation."""

import uuid
from decimal import Decimal

import pytest

from audit.models import AuditEntry
from audit.services.record_entry import record_entry
from common.request_ids import begin_request
from common.transactions import NoTransaction, use_case

WHAT = {"action": "events.reprice", "target_type": "events.ticket_type", "target_id": "7"}


class TestRecordEntry:
    @pytest.mark.django_db(transaction=True)
    def test_writes_who_did_what_and_what_changed(self) -> None:
        actor_id = uuid.uuid4()
        begin_request("request-0001")

        with use_case():
            record_entry(actor_id=actor_id, changes={"price": [Decimal("10.00"), Decimal("12.50")]}, **WHAT)

        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.action, entry.target_id) == (actor_id, "events.reprice", "7")
        assert entry.changes == {"price": ["10.00", "12.50"]}
        assert entry.request_id == "request-0001"
        assert entry.at is not None

    @pytest.mark.django_db(transaction=True)
    def test_leaves_no_trace_of_what_was_rolled_back(self) -> None:
        with pytest.raises(ZeroDivisionError), use_case():
            record_entry(actor_id=None, changes={}, **WHAT)
            _ = 1 / 0

        assert not AuditEntry.objects.exists()

    @pytest.mark.django_db
    def test_refuses_to_run_outside_a_transaction(self) -> None:
        with pytest.raises(NoTransaction):
            record_entry(actor_id=None, changes={}, **WHAT)
