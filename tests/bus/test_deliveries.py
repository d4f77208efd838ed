from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.models import Delivery, OutboxRow, RelayCursor
from bus.selectors import list_due_deliveries
from bus.services.dispatch_facts import CURSOR, dispatch_facts
from bus.services.record_fact import record_fact
from bus.services.replay_delivery import replay_deliveries
from bus.services.run_delivery import MAX_ATTEMPTS, run_delivery
from bus.subscriptions import HANDLERS, handles
from common.transactions import use_case
from tests.bus.facts import PotBoiled
from tests.bus.horizon import until_read

pytestmark = pytest.mark.django_db(transaction=True)


class BoiledSeen(msgspec.Struct):
    pot_id: str


class Kitchen:
    """A handler that remembers what it was given, and can be broken."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken_for: set[str] = set()

    def react(self, fact: ReceivedFact) -> None:
        self.seen.append(fact.data.pot_id)
        OutboxRow.objects.filter(key=fact.key).update(request_id="touched")
        if fact.data.pot_id in self.broken_for:
            raise ZeroDivisionError("out of gas")


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    kitchen = Kitchen()

    def on_pot_boiled(fact: ReceivedFact) -> None:
        kitchen.react(fact)

    handles("tests.pot.boiled.v1", schema=BoiledSeen)(on_pot_boiled)
    yield kitchen
    del HANDLERS["tests.on_pot_boiled"]


def dispatched(*pots: str) -> list[int]:
    """State facts and turn them into deliveries, in order."""
    with use_case():
        for pot in pots:
            record_fact(PotBoiled(pot_id=pot))
    RelayCursor.objects.get_or_create(name=CURSOR)
    until_read(_dispatch, count=len(pots))
    return list(Delivery.objects.order_by("id").values_list("id", flat=True))


def _dispatch() -> int:
    with use_case():
        read, _ = dispatch_facts()
    return read


class TestDispatchFacts:
    def test_makes_one_delivery_per_fact_and_handler(self, kitchen: Kitchen) -> None:
        ids = dispatched("a", "b")

        assert len(ids) == 2
        assert set(Delivery.objects.values_list("handler", flat=True)) == {"tests.on_pot_boiled"}

    def test_passes_facts_that_nobody_handles(self) -> None:
        assert dispatched("a") == []
        assert RelayCursor.objects.get(name=CURSOR).to_transaction > 0


class TestRunDelivery:
    def test_hands_the_parsed_fact_over_once(self, kitchen: Kitchen) -> None:
        [delivery] = dispatched("a")

        outcomes = [run_delivery(delivery_id=delivery) for _ in range(3)]

        assert outcomes == [True, False, False]
        assert kitchen.seen == ["a"]

    def test_rolls_the_handlers_work_back_when_it_fails(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"a"}
        [delivery] = dispatched("a")

        run_delivery(delivery_id=delivery)

        assert OutboxRow.objects.get().request_id != "touched"
        row = Delivery.objects.get()
        assert (row.status, row.attempts) == ("pending", 1)
        assert row.next_attempt_at > timezone.now()
        assert "out of gas" in row.last_error

    def test_keeps_a_later_fact_of_the_same_key_waiting_but_no_other(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"a"}
        first_a, b, second_a = dispatched("a", "b", "a")

        for delivery in (first_a, b, second_a):
            run_delivery(delivery_id=delivery)

        assert kitchen.seen == ["a", "b"]
        kitchen.broken_for = set()
        assert run_delivery(delivery_id=first_a)
        assert run_delivery(delivery_id=second_a)

    def test_parks_a_fact_that_keeps_failing_and_lets_the_next_one_go(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"a"}
        first, second = dispatched("a", "a")
        for _ in range(MAX_ATTEMPTS):
            run_delivery(delivery_id=first)
        kitchen.broken_for = set()

        assert Delivery.objects.get(id=first).status == Delivery.Status.PARKED
        assert run_delivery(delivery_id=second)

    def test_runs_a_parked_fact_again_on_request(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"a"}
        [delivery] = dispatched("a")
        for _ in range(MAX_ATTEMPTS):
            run_delivery(delivery_id=delivery)
        kitchen.broken_for = set()

        with use_case():
            assert replay_deliveries(deliveries=Delivery.objects.all()) == 1

        assert run_delivery(delivery_id=delivery)


class TestListDueDeliveries:
    def test_finds_deliveries_whose_task_got_lost(self, kitchen: Kitchen) -> None:
        lost, fresh = dispatched("a", "b")
        Delivery.objects.filter(id=lost).update(next_attempt_at=timezone.now() - timedelta(minutes=1))

        assert list_due_deliveries(handler="tests.on_pot_boiled", limit=10) == [lost]
        assert fresh
