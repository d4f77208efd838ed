import json

import pytest

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
