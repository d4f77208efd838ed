from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import Delivery, OutboxRow, RelayCursor
from bus.services.dispatch_facts import CURSOR
from bus.services.record_fact import record_fact
from bus.services.replay_delivery import replay_deliveries
from bus.services.requeue_deliveries import requeue_deliveries
from bus.services.run_delivery import MAX_ATTEMPTS, run_delivery
from common.transactions import use_case
from tests.bus.facts import PanFried, PotBoiled
from tests.bus.horizon import until_read
from tests.bus.kitchen import Kitchen, dispatch, dispatched, kitchen, last_id

__all__ = ["kitchen"]
pytestmark = pytest.mark.django_db(transaction=True)


class TestDispatchFacts:
    def test_makes_one_delivery_per_fact_and_handler(self, kitchen: Kitchen) -> None:
        ids = dispatched("a", "b")

        assert len(ids) == 2
        assert set(Delivery.objects.values_list("handler", flat=True)) == {"tests.on_pot_boiled"}

    def test_passes_facts_that_nobody_handles(self) -> None:
        with use_case():
            record_fact(PotBoiled(pot_id="a"))
        RelayCursor.objects.get_or_create(name=CURSOR)

        until_read(lambda: dispatch() or int(last_id() == OutboxRow.objects.get().id), count=1)

        assert last_id() == OutboxRow.objects.get().id
        assert not Delivery.objects.exists()

    def test_finds_what_is_handled_between_what_is_not(self, kitchen: Kitchen) -> None:
        with use_case():
            for fact in (PanFried(pan_id="x"), PotBoiled(pot_id="a"), PanFried(pan_id="y"), PotBoiled(pot_id="b")):
                record_fact(fact)
        RelayCursor.objects.get_or_create(name=CURSOR)

        assert until_read(dispatch, count=2) == 2

        assert list(Delivery.objects.order_by("id").values_list("key", flat=True)) == ["a", "b"]


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


def requeued() -> dict[str, list[int]]:
    with use_case():
        return requeue_deliveries()


class TestRequeueDeliveries:
    def test_finds_deliveries_whose_task_got_lost(self, kitchen: Kitchen) -> None:
        lost, fresh = dispatched("a", "b")
        Delivery.objects.filter(id=lost).update(next_attempt_at=timezone.now() - timedelta(minutes=1))

        assert requeued() == {"tests.on_pot_boiled": [lost]}
        assert fresh

    def test_gives_what_it_has_sent_some_time(self, kitchen: Kitchen) -> None:
        dispatched("a", "b")
        Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))

        assert [len(requeued()), len(requeued())] == [1, 0]
