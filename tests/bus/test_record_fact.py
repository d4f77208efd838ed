import json
import uuid

import pytest
from django.db import IntegrityError, transaction

from bus.facts import LARGEST_PAYLOAD_BYTES, FactTooLarge, payload_of
from bus.models import OutboxRow
from bus.services.record_fact import record_fact
from common.transactions import NoTransaction, use_case
from tests.bus.facts import PotBoiled

pytestmark = pytest.mark.django_db


class TestRecordFact:
    def test_writes_a_row_in_the_open_transaction(self) -> None:
        with use_case():
            record_fact(PotBoiled(pot_id="p1", degrees=98))

        row = OutboxRow.objects.get()
        assert (row.wire_type, row.topic, row.key) == ("tests.pot.boiled.v1", "tests.pot", "p1")
        assert json.loads(row.payload) == {"pot_id": "p1", "degrees": 98}

    def test_refuses_to_run_outside_a_transaction(self) -> None:
        with pytest.raises(NoTransaction):
            record_fact(PotBoiled(pot_id="p1"))

    def test_leaves_nothing_when_the_transaction_is_rolled_back(self) -> None:
        with pytest.raises(ZeroDivisionError), use_case():
            record_fact(PotBoiled(pot_id="p1"))
            raise ZeroDivisionError

        assert not OutboxRow.objects.exists()

    def test_refuses_what_kafka_would_not_take(self) -> None:
        with pytest.raises(FactTooLarge, match=r"tests\.pot\.boiled\.v1"), use_case():
            record_fact(PotBoiled(pot_id="п" * (LARGEST_PAYLOAD_BYTES // 2)))

        assert not OutboxRow.objects.exists()

    def test_is_not_passed_by_other_statements_either(self) -> None:
        row = {"wire_type": "t", "topic": "t", "key": "k"}
        OutboxRow.objects.create(**row, fact_id=uuid.uuid4(), payload="x" * LARGEST_PAYLOAD_BYTES)

        with pytest.raises(IntegrityError, match="bus_outbox_fits_kafka"), transaction.atomic():
            OutboxRow.objects.create(**row, fact_id=uuid.uuid4(), payload="x" * (LARGEST_PAYLOAD_BYTES + 1))


class TestPayloadOf:
    def test_counts_bytes(self) -> None:
        frame = len(payload_of(PotBoiled(pot_id="")))

        assert payload_of(PotBoiled(pot_id="x" * (LARGEST_PAYLOAD_BYTES - frame)))
        with pytest.raises(FactTooLarge):
            payload_of(PotBoiled(pot_id="x" * (LARGEST_PAYLOAD_BYTES - frame + 1)))
